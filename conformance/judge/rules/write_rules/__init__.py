"""The rules about writes: acknowledged and lost, refused and done, and whose id and body an answer carries."""
