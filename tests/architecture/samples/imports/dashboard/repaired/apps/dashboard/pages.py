"""Hands out the page."""
