"""Lifting a context out while people are in it: reads source, imports no context."""
