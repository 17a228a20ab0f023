"""What the gateway is told: where the monolith is, and which share of a context goes elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from config.contexts import context


@dataclass(frozen=True)
class Route:
    """What is done with the requests of one context.

    `upstream` are the addresses of the service's instances. `percent` of the people are answered by
    it; `reads`, where given, is the share for requests that change nothing, while `percent` stays
    the share of the others. `mirror` percent of the reads that the monolith answers are sent to
    the service too, and its answers are thrown away.
    """

    upstream: tuple[str, ...]
    percent: int = 0
    reads: int | None = None
    mirror: int = 0

    def __post_init__(self) -> None:
        if not self.upstream:
            raise ValueError("a route needs the address of at least one instance")
        for url in self.upstream:
            address(url)
        for share in (self.percent, self.read_percent, self.mirror):
            if not 0 <= share <= 100:
                raise ValueError(f"{share} is not a percentage")

    @property
    def read_percent(self) -> int:
        """The share of requests that change nothing."""
        return self.percent if self.reads is None else self.reads


@dataclass(frozen=True)
class Plan:
    """The whole of it. A context without a route is the monolith's."""

    monolith: tuple[str, ...]
    routes: Mapping[str, Route] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.monolith:
            raise ValueError("the gateway needs the address of the monolith")
        for url in self.monolith:
            address(url)
        for name in self.routes:
            context(name)

    def with_route(self, name: str, **changes: Any) -> "Plan":
        """Return the plan with one context's route changed; a new one needs its `upstream`."""
        known = self.routes.get(name)
        changed = Route(**changes) if known is None else replace(known, **changes)
        return replace(self, routes={**self.routes, name: changed})

    def without(self, name: str) -> "Plan":
        """Return the plan with a context given back to the monolith."""
        return replace(self, routes={n: route for n, route in self.routes.items() if n != name})


def address(url: str) -> tuple[str, int]:
    """Return the host and port of an instance; refuse what is not a plain HTTP address."""
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname or parts.path.strip("/"):
        raise ValueError(f"{url!r} is not the address of an instance, such as http://host:3003")
    return parts.hostname, parts.port or 80
