"""What the person who opens the bank may choose, all of it by environment variables."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from config.contexts import CONTEXTS, hosted
from vortex.embedded import endpoints
from vortex.embedded.failures import CannotOpen


@dataclass(frozen=True)
class Options:
    """Where the bank keeps its data, where it listens and whether it is a demonstration."""

    home: Path
    host: str
    port: int
    demo: bool
    measure: bool
    dev: bool = False

    @property
    def address(self) -> str:
        """The address to type into a browser."""
        return f"http://{'localhost' if self.host == '127.0.0.1' else self.host}:{self.port}"

    @property
    def source_port(self) -> int:
        """Where the dashboard's source is served with `DEV=1`: Vite's usual port, moved as ours."""
        return 5173 + self.port - 8000 if 8000 <= self.port < 60_000 else 5173

    @property
    def source_address(self) -> str:
        """The address of the dashboard's source."""
        return f"http://localhost:{self.source_port}"


def _usual_port() -> int:
    """Return where the bank is found, or a service that was carved out of it."""
    here = hosted()
    return here[0].port if len(here) == 1 else 8000


def chosen(arguments: Sequence[str]) -> Options:
    """Return the options of this run; refuse a PORT that is none."""
    parser = argparse.ArgumentParser(prog="make up", description=__doc__)
    parser.add_argument("--measure", action="store_true", help="report times and memory, and close")
    measure = parser.parse_args(arguments).measure
    named = os.environ.get("PORT") or str(_usual_port())
    if not named.isdigit() or not 0 < int(named) < 65_536:
        raise CannotOpen(f"PORT={named} is not a port; choose one from 1 to 65535.")
    return Options(
        home=endpoints.home(),
        host=os.environ.get("VORTEX_BIND") or "127.0.0.1",
        port=int(named),
        # The demonstration lives in all contexts at once; a service alone is opened empty.
        demo=os.environ.get("DEMO", "1") != "0" and hosted() == CONTEXTS,
        measure=measure,
        dev=os.environ.get("DEV", "0") == "1",
    )
