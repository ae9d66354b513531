"""The proxy itself: listeners for clients, connections upstream, and what passes between them written down."""
