"""Whether a history is what a run of the suite leaves: each module looks for one way in which it would not be."""
