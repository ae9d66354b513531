"""The API of the embedded DDS: every documented call."""
