"""Rules about what may come after a verdict, and beside it: changes, attachments, revalidations and names."""
