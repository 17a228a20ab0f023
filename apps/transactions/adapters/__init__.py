"""The outside world as the ledger meets it: files of other banks."""
