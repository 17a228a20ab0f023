"""Who holds which account, of which product, in which state, and what is linked to it.

It does not own money: postings and authoritative balances belong to transactions.
"""
