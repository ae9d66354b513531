"""What provokes a target. Collected by pytest, imported by nobody."""
