"""One run: the session that gathers it, its child process, progress and reports."""
