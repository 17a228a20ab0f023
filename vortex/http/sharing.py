"""Which HTTP requests leave: all of those for a context that has moved, or a share of the reads.

A share is of reads only, because one deployment owns the data and takes the writes. It is a share
of people, by the number that the gateway and the binding take. The token is not verified here:
whoever forges one chooses which deployment turns them away.
"""

import base64
from collections.abc import MutableMapping
from typing import Any, Final
from uuid import UUID

import msgspec

from vortex.topology import Route
from vortex.topology.share import share_of

READS: Final = frozenset(("GET", "HEAD"))


class _Claims(msgspec.Struct):
    sub: UUID


def goes_away(route: Route, context: str, scope: MutableMapping[str, Any]) -> bool:
    """Say whether a request leaves this deployment; one of nobody in particular leaves with all."""
    if route.mode == "remote":
        return True
    if route.mode == "reads":
        return scope["method"] not in READS
    if route.mode != "split" or scope["method"] not in READS:
        return False
    who = person_behind(scope)
    return who is not None and share_of(context, who) < route.percent


def person_behind(scope: MutableMapping[str, Any]) -> UUID | None:
    """Return whom the token of a request names, None where it names nobody."""
    token: bytes = dict(scope["headers"]).get(b"authorization", b"").partition(b" ")[2]
    parts = token.split(b".")
    if len(parts) != 3:
        return None
    try:
        decoded = base64.urlsafe_b64decode(parts[1] + b"=" * (-len(parts[1]) % 4))
        return msgspec.json.decode(decoded, type=_Claims).sub
    except (ValueError, msgspec.MsgspecError):
        return None
