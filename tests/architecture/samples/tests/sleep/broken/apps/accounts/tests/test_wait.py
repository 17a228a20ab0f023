"""Waiting."""

import time


def test_it_arrives(arrived):
    time.sleep(1)
