"""Preparation is done once and completed where it was cut."""

import sys
from pathlib import Path

import pytest

from config.up import preparation
from vortex.embedded.failures import CannotOpen


def test_a_step_that_fails_stops_the_opening() -> None:
    with pytest.raises(CannotOpen, match="The migrations failed"):
        preparation.run([sys.executable, "-c", "raise SystemExit(1)"], "The migrations failed")


def test_a_stamp_is_written_only_after_the_work(tmp_path: Path) -> None:
    stamp = tmp_path / "run" / "done"
    fails = [sys.executable, "-c", "raise SystemExit(1)"]

    with pytest.raises(CannotOpen):
        preparation.once(stamp, "version 1", fails, "It failed")
    assert not stamp.exists()

    preparation.once(stamp, "version 1", [sys.executable, "-c", ""], "It failed")
    preparation.once(stamp, "version 1", fails, "It failed")
    assert stamp.read_text() == "version 1"


def test_another_data_directory_is_another_bank(tmp_path: Path) -> None:
    stamp = tmp_path / "run" / "done"
    preparation.once(stamp, "cluster 1", [sys.executable, "-c", ""], "It failed")

    with pytest.raises(CannotOpen):
        preparation.once(stamp, "cluster 2", [sys.executable, "-c", "raise SystemExit(1)"], "No")


def test_the_fingerprint_knows_the_cluster_and_the_migrations() -> None:
    first = preparation.fingerprint("1")

    assert first == preparation.fingerprint("1")
    assert first != preparation.fingerprint("2")
