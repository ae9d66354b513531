"""Plans executed: a scheduler, actors, writes, reads, and the settling afterwards."""
