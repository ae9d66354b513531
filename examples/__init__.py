"""Clients to learn from: one as it should be, and twelve that are each wrong in one way."""
