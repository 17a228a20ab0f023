"""Writes of auth, a module per use case. Hashing and signing happen outside transactions."""
