"""Where real inputs are, for the laws that are proved on them."""

import os
from pathlib import Path

import pytest

_PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def berka() -> Path:
    """The PKDD'99 bank; a test that needs it is skipped where it is missing."""
    root = Path(os.environ.get("VORTEX_DATA_DIR") or _PROJECT.parent / "shared" / "data")
    found = root / "berka"
    if not found.is_dir():
        pytest.skip(f"There is no {found}: VORTEX_DATA_DIR names where the real inputs are.")
    return found
