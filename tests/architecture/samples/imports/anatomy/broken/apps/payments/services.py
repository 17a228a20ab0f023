"""Writes."""


def pay(): ...
