"""Files of other tools: HTTP archives and cassettes, read as operations."""
