"""A file that the anatomy does not have."""
