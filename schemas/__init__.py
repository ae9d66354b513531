"""The machine-readable facts of the specification, as data."""
