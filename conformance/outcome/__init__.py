"""From findings to the outcome of a run and its document."""
