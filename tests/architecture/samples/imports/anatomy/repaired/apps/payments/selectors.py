"""Reads."""


def payment(): ...
