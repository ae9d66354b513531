"""Long histories judged in bulk: operations as columns, and the row judge only for suspects."""
