"""Conversations of customers with support agents and the assistant, and their files.

It does not own customers or accounts; it looks at them through their contracts.
"""
