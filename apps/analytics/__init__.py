"""Reports and aggregates over time, read models of what other contexts publish.

It does not own any fact: everything in it can be rebuilt from events.
"""
