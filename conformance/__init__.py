"""dds-conformance: decides whether a server keeps the eventual-consistency contract of the DDS API."""
