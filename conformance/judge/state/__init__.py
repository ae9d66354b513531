"""What the judge remembers: intervals, resources, and what operations add to what is known."""
