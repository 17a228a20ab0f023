"""The audit trail, monitoring, cases and compliance evidence of the whole bank.

It does not own sign-in or money; it watches and judges.
"""
