"""The ledger: postings, entries, balances and how customers classify them.

It does not own who holds an account, nor why a payment is made.
"""
