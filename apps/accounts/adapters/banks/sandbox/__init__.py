"""A bank to link accounts of, for a demonstration and for tests: a real HTTP server, and no bank.

It speaks UK Open Banking's account information API behind OAuth 2 with PKCE, and its customers are
named after how the bank behaves for them: calm, slow, garbage, huge, somebody-else, forgetful.
"""
