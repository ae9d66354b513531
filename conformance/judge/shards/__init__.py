"""A history judged in parts: whole projects apart from each other, and in one place what concerns several of them."""
