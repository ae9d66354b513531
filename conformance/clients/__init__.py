"""Certifying clients: each is run as a command against a scripted server, and judged by what the server saw."""
