"""How a command is asked: its options in groups, and what was probably meant where a word is none."""
