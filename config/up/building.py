"""The dashboard beside an opening bank: built meanwhile, its source served on request.

A dashboard that cannot be built keeps no bank closed; its page says what is missing.
"""

import sys
from pathlib import Path

from config.up import dashboard
from config.up.options import Options
from vortex.embedded.failures import CannotOpen
from vortex.embedded.process import Process, wait_until
from vortex.embedded.supervisor import Program

_PATIENCE_SECONDS = 300


class Builder:
    """One build in a process of its own, with its log beside the others."""

    def __init__(self, home: Path) -> None:
        self._process = Process("dashboard", home)
        self._runs = False

    def start(self) -> None:
        """Begin, unless what was built is current."""
        self._process.end_orphan(patience_seconds=5)
        if dashboard.HOUSE.exists() and not dashboard.is_current():
            command = (sys.executable, "-m", "config.up.dashboard")
            self._process.start(command, directory=dashboard.ROOT)
            self._runs = True

    def finish(self) -> str:
        """Wait for the end and return what there is to say; nothing where nothing was built."""
        if not self._runs:
            return ""
        ended = wait_until(lambda: self._process.exit_code is not None, _PATIENCE_SECONDS)
        code = self._process.exit_code
        self.stop()
        if ended and code == 0:
            return "built the dashboard"
        said = "\n".join(f"    {line}" for line in self._process.last_lines(6))
        return (
            "the bank opens without its dashboard, which could not be built; its log is "
            f"{self._process.log} and ends with\n{said}"
        )

    def stop(self) -> None:
        """End what still runs; harmless where nothing does."""
        if self._runs:
            self._runs = False
            self._process.end(patience_seconds=5)


def source_server(options: Options, environment: dict[str, str]) -> Program:
    """Return Vite over the dashboard's source: it reloads what changes and passes calls on."""
    try:
        node = dashboard.install()
    except dashboard.CannotBuild as refusal:
        raise CannotOpen(f"DEV=1 needs Node.js and its packages: {refusal}") from refusal
    return Program(
        Process("source", options.home),
        (str(node.program), str(dashboard.MODULES / "vite" / "bin" / "vite.js")),
        node.environment()
        | environment
        | {
            "PATH": node.environment()["PATH"],
            "VORTEX_BANK": f"http://{options.host}:{options.port}",
            "VITE_PORT": str(options.source_port),
        },
        dashboard.WEB,
    )
