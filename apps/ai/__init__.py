"""Insights, predictions and recommendations drawn from what other contexts publish.

It does not own the facts it reasons about, and never moves money.
"""
