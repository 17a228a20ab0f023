"""Sending calls elsewhere for the length of a test."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from vortex.topology import Route
from vortex.topology.routes import Topology, forget, write_topology


@contextmanager
def routed(routes: Mapping[str, Route], *, killed: tuple[str, ...] = ()) -> Iterator[None]:
    """Put a topology in force while the block runs; everything runs here before and after."""
    write_topology(Topology(dict(routes), killed))
    try:
        yield
    finally:
        Path(settings.VORTEX_TOPOLOGY_FILE).unlink()
        forget()
