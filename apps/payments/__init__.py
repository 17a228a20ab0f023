"""Payments, payees, schedules and the rails that carry money in and out of the bank.

It does not own balances: every movement of money is a posting of the ledger.
"""
