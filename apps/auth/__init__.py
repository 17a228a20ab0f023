"""Who a person is and how they prove it: users, credentials, tokens, sessions and roles.

It does not own what a person has: accounts, money and messages belong to other contexts.
"""
