"""The embedded DDS: a reference server that keeps the contract. It shares no code with the judge."""
