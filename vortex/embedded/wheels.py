"""Where the wheels that carry servers are installed."""

import importlib.util
from pathlib import Path

from vortex.embedded.failures import CannotOpen


def directory_of(package: str) -> Path:
    """Return a wheel's directory without importing it; what they run on import is not ours."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise CannotOpen(f"The wheel {package} is not installed; `make up` installs it.")
    return Path(found.origin).parent
