"""Writes."""

from vortex.db import unit_of_work


def save():
    with unit_of_work("accounts"):
        pass
