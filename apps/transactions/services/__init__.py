"""Writes of the ledger, by use case: keeping accounts, posting, reversing, annotating."""
