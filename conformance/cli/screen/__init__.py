"""What a person sees: the table, progress, findings in sentences."""
