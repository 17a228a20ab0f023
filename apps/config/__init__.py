"""Feature flags, experiments, settings, rate limits and prices that change while the bank runs.

It does not own the deployment's own settings, which come from the environment.
"""
