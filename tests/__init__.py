"""Tests that belong to no context; a context keeps its own beside its code."""
