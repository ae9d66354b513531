"""Load from many processes and machines: Locust coordinates, our own driver sends, the usual judge decides."""
