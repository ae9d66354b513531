"""Values that plans vary: classes of names and of contents, false hashes, and the manners of a request."""
