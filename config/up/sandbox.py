"""The sandbox bank of a demonstration: somebody else's bank, whose accounts customers can link."""

import sys

import msgspec

from config.up.options import Options
from config.up.preparation import ROOT
from vortex.embedded.ports import LOCALHOST, candidates
from vortex.embedded.process import Process
from vortex.embedded.secrets import Secrets
from vortex.embedded.supervisor import Program

_CLIENT = "vortexcore"


class SandboxBank:
    """Where it listens, what the bank has to know of it, and the process that it is."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._port = next(candidates(options.home / "sandbox"))
        self._secret = Secrets(options.home).get("sandbox")

    def environment(self) -> dict[str, str]:
        """Return the setting that names it as a bank to link."""
        told = {
            "name": "sandbox",
            "title": "Sandbox bank (a demonstration)",
            "base_url": f"http://{LOCALHOST}:{self._port}",
            "client_id": _CLIENT,
            "client_secret": self._secret,
        }
        return {"VORTEX_LINKED_BANKS": msgspec.json.encode([told]).decode()}

    def program(self, environment: dict[str, str]) -> Program:
        """Return the process; its secret goes by the environment and not by the command line."""
        return Program(
            Process("sandbox", self._options.home),
            (
                *(sys.executable, "-m", "apps.accounts.adapters.banks.sandbox"),
                *("--host", LOCALHOST, "--port", str(self._port), "--client-id", _CLIENT),
                *("--redirect-uri", f"http://localhost:{self._options.port}/linked"),
            ),
            environment | {"SANDBOX_CLIENT_SECRET": self._secret},
            ROOT,
        )
