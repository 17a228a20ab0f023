"""An Envoy of one's own: the gateway in front of the bank and of the services taken out of it.

It is given a bootstrap file and watches the files of routes and clusters that the bootstrap names;
what it runs with at this moment, its admin interface says.
"""

import http.client
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vortex.embedded import ports, wheels
from vortex.embedded.failures import CannotOpen
from vortex.embedded.files import write_private
from vortex.embedded.process import Process, wait_until

START_SECONDS = 60
STOP_SECONDS = 10

Bootstrap = Callable[[int], dict[str, Any]]


class Envoy:
    """The gateway of one home. `bootstrap` returns its configuration for an admin port.

    Writing the files that the bootstrap names is the caller's; they must stand before the start.
    """

    def __init__(self, home: Path, bootstrap: Bootstrap, *, name: str = "gateway") -> None:
        self.home = home.expanduser().resolve()
        self.admin_port = 0
        self._bootstrap = bootstrap
        self.process = Process(name, self.home)

    def start(self) -> None:
        """Start the gateway and return once it serves; refuse with CannotOpen, quoting its log.

        One that died is started again with the same admin port.
        """
        if self.process.pid is not None:
            return
        self.process.end_orphan(STOP_SECONDS)
        try:
            self._listen()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the gateway; stopping twice is harmless."""
        self.process.end(STOP_SECONDS)

    def ready(self) -> bool:
        """Return whether it has its routes and serves."""
        connection = http.client.HTTPConnection(ports.LOCALHOST, self.admin_port, timeout=5)
        try:
            connection.request("GET", "/ready")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _listen(self) -> None:
        kept = (self.admin_port,) if self.admin_port else ports.candidates(self.home / "gateway")
        for port in itertools.islice(kept, 3):
            self.admin_port = port
            file = self.home / "conf" / f"{self.process.name}.json"
            write_private(file, json.dumps(self._bootstrap(port), indent=2))
            self.process.start(
                [
                    wheels.directory_of("envoy") / "_bin" / "envoy",
                    *("--config-path", file),
                    "--disable-hot-restart",  # several may run on one machine
                    *("--concurrency", "2"),
                    *("--log-level", "warning"),
                ],
                directory=self.home,
            )
            wait_until(lambda: self.process.exit_code is not None or self.ready(), START_SECONDS)
            if self.process.pid is not None and self.ready():
                return
            if not self._lost_port():
                break
        said = "\n".join(self.process.last_lines(5))
        raise CannotOpen(f"The gateway does not start in {self.home}:\n{said}")

    def _lost_port(self) -> bool:
        return any("Address already in use" in line for line in self.process.last_lines(8))
