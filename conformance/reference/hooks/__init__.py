"""The points at which a fault or a variant may bend the embedded DDS."""
