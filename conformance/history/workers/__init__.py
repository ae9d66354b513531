"""What several workers of one run wrote, on machines with clocks of their own, read as one history."""
