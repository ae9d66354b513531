"""Plans drawn, shared out over workers, and what became of them."""
