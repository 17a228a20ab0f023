"""Passwords and keys of an embedded bank: made once, kept in one private file."""

import json
import secrets as entropy
from pathlib import Path

from vortex.embedded.files import exclusive, write_private


class Secrets:
    """The secrets of one home. Two processes that ask for a new one at once get the same."""

    def __init__(self, home: Path) -> None:
        self._path = home / "secrets.json"

    def get(self, name: str) -> str:
        """Return the secret of that name, making it first where there is none: 32 hex bytes."""
        known = self._read()
        if name in known:
            return known[name]
        with exclusive(self._path.with_name("run") / "secrets.lock"):
            known = self._read()
            if name not in known:
                known[name] = entropy.token_hex(32)
                write_private(self._path, json.dumps(known, indent=2, sort_keys=True))
        return known[name]

    def _read(self) -> dict[str, str]:
        if not self._path.exists():
            return {}
        return {str(name): str(value) for name, value in json.loads(self._path.read_text()).items()}
