"""What keeps a target from harm: ownership, the ledger, forbidden addresses, pace and cleaning."""
