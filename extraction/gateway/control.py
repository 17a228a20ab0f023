"""Puts a plan in force in a running gateway, and says so only when the gateway itself does."""

import hashlib
import http.client
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from extraction.gateway.clusters import clusters
from extraction.gateway.plan import Plan
from extraction.gateway.routing import VERSION_PATH, routes

PATIENCE_SECONDS = 15.0
# Each worker of the gateway takes the new routes by itself; a new connection meets any of them.
WITNESSES = 8
_REFUSALS = {
    "rds": "http.bank.rds.bank.update_rejected",
    "cds": "cluster_manager.cds.update_rejected",
}


class NotInForce(Exception):  # noqa: N818 - it is a message to an operator
    """The gateway refused a plan, or did not take it in time. The former plan stands."""


@dataclass(frozen=True)
class Files:
    """The two files that the gateway watches, in a directory of their own."""

    directory: Path

    @property
    def routes(self) -> str:
        """The file of routes."""
        return str(self.directory / "routes.json")

    @property
    def clusters(self) -> str:
        """The file of clusters."""
        return str(self.directory / "clusters.json")

    def write(self, plan: Plan) -> str:
        """Write both files for a gateway that is about to start; return the plan's version."""
        version = version_of(plan)
        _rename_into(self.clusters, _response(version, clusters(plan)))
        _rename_into(self.routes, _response(version, [routes(plan, version)]))
        return version


def version_of(plan: Plan) -> str:
    """Return the name of a plan: the same plan has the same name."""
    return hashlib.sha256(msgspec.json.encode([clusters(plan), routes(plan, "")])).hexdigest()[:16]


def apply(
    files: Files,
    plan: Plan,
    *,
    admin_port: int,
    port: int = 0,
    log: Path | None = None,
    patience_seconds: float = PATIENCE_SECONDS,
) -> str:
    """Put a plan in force without losing a request; return its version.

    Make before break: new clusters first, then the routes that use them, then the old clusters go.
    With `port`, the gateway's own, several new connections must also have met the new routes. With
    `log`, the gateway's own, a refusal quotes it.
    """
    version = version_of(plan)
    admin = _Admin(admin_port, time.monotonic() + patience_seconds, log)
    before = _resources(files.clusters)
    after = clusters(plan)
    kept = [old for old in before if old["name"] not in {new["name"] for new in after}]
    if any(new not in before for new in after):
        both = _response(f"{version}+", [*after, *kept])
        _change(files.clusters, both, admin, "cds", f"{version}+")
    table = [routes(plan, version)]
    _change(files.routes, _response(version, table), admin, "rds", version)
    if port:
        admin.until(lambda: _met(port, version), "its workers take the new routes")
    if kept:
        _change(files.clusters, _response(version, after), admin, "cds", version)
    return version


def _change(path: str, content: bytes, admin: "_Admin", which: str, version: str) -> None:
    """Rename a file into place and wait until it is in force; put the old one back otherwise."""
    former = Path(path).read_bytes()
    refused = admin.refusals(which)
    _rename_into(path, content)
    try:
        admin.until(lambda: admin.version(which) == version, f"{which} {version}", which, refused)
    except NotInForce:
        _rename_into(path, former)
        raise


class _Admin:
    """The admin interface of a running gateway, asked until a moment has come."""

    def __init__(self, port: int, end: float, log: Path | None = None) -> None:
        self._port = port
        self._end = end
        self._log = log

    def until(self, done: Callable[[], bool], what: str, which: str = "", refused: int = 0) -> None:
        """Ask until the answer is yes; raise NotInForce when time is up or a file was refused."""
        pause = threading.Event()
        while not done():
            if which and self.refusals(which) > refused:
                raise NotInForce(f"the gateway refused {what}: {self._why()}")
            if time.monotonic() > self._end:
                raise NotInForce(f"the gateway has not taken {what} in time")
            pause.wait(0.01)

    def version(self, which: str) -> str:
        """Return the version of the routes or clusters that are in force."""
        if which == "cds":
            dumps = self._json("/config_dump?mask=version_info")["configs"]
            return next((d["version_info"] for d in dumps if "ClustersConfig" in d["@type"]), "")
        found = self._json("/config_dump?resource=dynamic_route_configs").get("configs", [])
        return next((str(each.get("version_info", "")) for each in found), "")

    def refusals(self, which: str) -> int:
        """Return how many files the gateway has refused since it started."""
        name = _REFUSALS[which]
        found = self._json(f"/stats?format=json&filter=^{name}$").get("stats", [])
        return int(found[0]["value"]) if found else 0

    def _why(self) -> str:
        """Return what the gateway wrote into its log, the only place where it says so."""
        lines = self._log.read_text(errors="replace").splitlines() if self._log else []
        said = [line.partition("update rejected: ")[2] for line in lines if "rejected: " in line]
        return said[-1] if said else "its log says why"

    def _json(self, path: str) -> dict[str, Any]:
        content: dict[str, Any] = msgspec.json.decode(ask(self._port, path))
        return content


def ask(port: int, path: str) -> bytes:
    """Return the answer to one GET over a connection of its own; raise NotInForce without one."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    except (OSError, http.client.HTTPException) as error:
        raise NotInForce(f"the gateway does not answer on port {port}: {error}") from error
    finally:
        connection.close()


def _met(port: int, version: str) -> bool:
    return all(version in ask(port, VERSION_PATH).decode() for _ in range(WITNESSES))


def _response(version: str, resources: list[dict[str, Any]]) -> bytes:
    content = {"version_info": version, "resources": resources}
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"


def _resources(path: str) -> list[dict[str, Any]]:
    content: dict[str, Any] = msgspec.json.decode(Path(path).read_bytes())
    found: list[dict[str, Any]] = content["resources"]
    return found


def _rename_into(path: str, content: bytes) -> None:
    """Replace a file in one step: the gateway looks when a name is moved, never at half a file."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(target)
