"""An attacker's script against a running bank: what a thief tries, and does not get."""
