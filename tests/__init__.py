"""Tests that belong to no context."""
