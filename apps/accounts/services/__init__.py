"""Writes of accounts, by use case. The ledger is called before a transaction, never inside one."""
