"""A rule."""
