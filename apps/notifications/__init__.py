"""Messages to people over every channel, their templates, preferences and delivery.

It does not own the events it speaks of.
"""
