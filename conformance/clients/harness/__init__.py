"""Running a client: its command with its placeholders, its process group, its scripted server."""
