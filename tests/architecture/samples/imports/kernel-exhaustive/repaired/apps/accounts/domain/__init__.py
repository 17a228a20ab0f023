"""A banking rule in a context."""
