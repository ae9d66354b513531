"""Views of the run document. Found by entry point, imported by nobody."""
