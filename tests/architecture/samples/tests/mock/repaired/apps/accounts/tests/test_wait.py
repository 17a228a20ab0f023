"""Waiting."""

import time


def test_it_arrives(arrived):
    FakeLedger()
