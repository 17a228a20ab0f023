"""Wiring."""


class Config:
    """Auth."""

    label = "auth"
