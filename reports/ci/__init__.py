"""A run as a list of test cases: what the views for CI servers share, and those that are drawn only when asked for."""
