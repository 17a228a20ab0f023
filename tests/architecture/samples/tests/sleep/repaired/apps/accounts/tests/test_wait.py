"""Waiting."""

import time


def test_it_arrives(arrived):
    assert arrived.wait(1)
