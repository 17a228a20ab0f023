"""Where the real inputs lie that are not part of the project."""

import os
from pathlib import Path

import pytest

_PROJECT = Path(__file__).resolve().parents[3]


def real_data(folder: str) -> Path:
    """Return a folder of real inputs, or skip the test with a sentence that says what misses."""
    root = Path(os.environ.get("VORTEX_DATA_DIR") or _PROJECT.parent / "shared" / "data")
    found = root / folder
    if not found.is_dir():
        pytest.skip(f"There is no {found}: VORTEX_DATA_DIR names where the real inputs are.")
    return found
