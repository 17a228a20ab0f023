"""Where a context can live: the bank, and its service; how to reach the databases of both.

An embedded bank says by itself where its servers are. For any other, the environment names them:
VORTEX_MOVE_SOURCE_DATABASE_URL and VORTEX_MOVE_TARGET_DATABASE_URL are superusers' URLs of the
context's database on each side, VORTEX_MOVE_SOURCE_URL and VORTEX_MOVE_TARGET_URL the addresses.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from config.contexts import CONTEXTS, Context, context
from config.up.service import home_of, retired_mark
from extraction.failures import Stop
from extraction.up.topology import home_of as topology_home
from vortex.embedded import endpoints
from vortex.embedded.postgres import ADMIN
from vortex.embedded.secrets import Secrets

BANK = "monolith"


@dataclass(frozen=True)
class Place:
    """One side of a move: a deployment, and its database of the context as a superuser sees it."""

    name: str
    url: str
    database: str
    topology: Path

    @property
    def is_bank(self) -> bool:
        """Whether this is the monolith."""
        return self.name == BANK


@dataclass(frozen=True)
class Bank:
    """The running bank, as its endpoints and the environment of the command describe it."""

    home: Path
    environment: dict[str, str]

    @property
    def operator_url(self) -> str:
        """The superuser's URL of the server that keeps the journal."""
        named = os.environ.get("VORTEX_MOVE_JOURNAL_URL", "")
        return named or _as_admin(self._any_source(), self.home, "postgres")

    @property
    def broker_url(self) -> str:
        """Where Celery's queues are."""
        return self.environment["VORTEX_BROKER_URL"]

    @property
    def cache_url(self) -> str:
        """Where processes leave counts for each other."""
        return self.environment["VORTEX_CACHE_URL"]

    @property
    def topology(self) -> Path:
        """The bank's own topology file."""
        named = os.environ.get("VORTEX_TOPOLOGY_FILE", "")
        return Path(named) if named else self.home / "run" / "topology.json"

    def place(self, known: Context) -> Place:
        """Return the bank's side of a context; refuse one that was opened as a service."""
        if self.apart(known):
            raise Stop(f"{known.name} was opened as a service: its data never were in here.")
        database = os.environ.get("VORTEX_MOVE_SOURCE_DATABASE_URL", "") or _as_admin(
            self._source_of(known), self.home
        )
        url = os.environ.get("VORTEX_MOVE_SOURCE_URL", "") or self.environment["VORTEX_SELF_URL"]
        return Place(BANK, url, database, self.topology)

    def service(self, known: Context) -> Place | None:
        """Return the service's side of a context; None where no service of it runs."""
        named = os.environ.get("VORTEX_MOVE_TARGET_DATABASE_URL", "")
        home = home_of(self.home, known.name)
        topology = home / "run" / "topology.json"
        if named:
            url = os.environ.get("VORTEX_MOVE_TARGET_URL", "")
            return Place(known.service, url, named, topology)
        found = endpoints.read(home)
        if found is None:
            return None
        database = _as_admin(found[known.database_variable], home)
        return Place(known.service, found["VORTEX_SELF_URL"], database, topology)

    def apart(self, known: Context) -> bool:
        """Whether a context was opened as a service (TOPOLOGY=): its data never were in here."""
        hosted = self.environment.get("VORTEX_HOSTS", "")
        left_out = bool(hosted) and known.name not in hosted.split(",")
        return left_out and not retired_mark(self.home, known.name).exists()

    def is_embedded(self) -> bool:
        """Whether the bank itself starts the service: no target is named by the environment."""
        return not os.environ.get("VORTEX_MOVE_TARGET_DATABASE_URL", "")

    def _source_of(self, known: Context) -> str:
        """Return the URL of a context's database; one that is retired stands beside the others."""
        named = self.environment.get(known.database_variable)
        if named:
            return named
        return urlunsplit(urlsplit(self._any_source())._replace(path=f"/{known.database}"))

    def _any_source(self) -> str:
        found = (self.environment.get(known.database_variable) for known in CONTEXTS)
        named = next((url for url in found if url), "")
        if not named:
            raise Stop("No database of the monolith is known; see docs/operate/moving.md.")
        return named


def find_bank() -> Bank:
    """Return the running bank, or refuse where none runs."""
    home = _home()
    found = endpoints.read(home)
    if found is None and not os.environ.get("VORTEX_MOVE_SOURCE_DATABASE_URL"):
        raise Stop(f"The bank in {home} is closed; open it with: make up")
    return Bank(home, {**(found or {}), **_given()})


def _home() -> Path:
    """Return where the bank's data are; TOPOLOGY names one that was opened apart."""
    home = endpoints.home()
    apart = topology_home(home, os.environ.get("TOPOLOGY", ""))
    return apart if apart.exists() else home


def find_context(name: str) -> Context:
    """Return a context by its name, or refuse an unknown one with the names that there are."""
    try:
        return context(name)
    except LookupError as error:
        raise Stop(f"There is {error}.") from error


def _given() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("VORTEX_")}


def _as_admin(url: str, home: Path, database: str = "") -> str:
    """Return the superuser's URL of the database of a context's URL."""
    parts = urlsplit(url)
    password = Secrets(home).get(f"postgres:{ADMIN}")
    place = f"{ADMIN}:{password}@{parts.hostname}:{parts.port}"
    return urlunsplit(parts._replace(netloc=place, path=f"/{database}" if database else parts.path))
