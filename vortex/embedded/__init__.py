"""Servers from wheels, with roles, passwords and supervision, for a machine with nothing."""
