"""Plans: whole programs of API verbs, drawn first, run concurrently, settled, read once more, and judged afterwards.

A plan is data (`nouns`, `verbs`), its model is pure (`model`, `themes`), and only the engine waits (`scheduler`) and
sends, through the driver. Nothing that a server answers can reach a draw.
"""
