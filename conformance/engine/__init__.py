"""Plans: whole programs of API verbs, drawn first, run concurrently, settled, read once more, and judged afterwards.

A plan is data (`plan`, `plan_verbs`), its model is pure (`plan_model`), and scenarios draw it (`scenario`). Only the
engine waits and sends, through the driver (`execution`). Nothing that a server answers can reach a draw.
"""
