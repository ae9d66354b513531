"""The rules about versions: what a switched file shows, whose bytes it serves, and what becomes of older versions."""
