"""The storage provider of the embedded DDS: parts, signed URLs, the database."""
