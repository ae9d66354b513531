"""What the API says: its calls, the classes of its answers, its payload schemas and its catalogue of requirements."""
