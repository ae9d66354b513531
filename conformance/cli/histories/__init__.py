"""Commands about the files of histories."""
