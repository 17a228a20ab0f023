"""Tests of the dashboard: the page that hands it out, and the screens in a real browser."""
