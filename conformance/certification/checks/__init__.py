"""What `verify` looks at, one subject a file: each gives lines, in the order in which they are printed."""
