"""The verbs that enter folders, let others in, and try what may still be sent after a verdict."""
