"""The rules that decide from a history, one file a subject."""
