"""The rules whose evidence is a pattern: what tells nothing once, and everything when it is all that is ever told."""
