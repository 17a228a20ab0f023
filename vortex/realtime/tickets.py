"""Tickets: how a socket shows who it is without a token in its address, which gets logged.

A ticket is 256 random bits, good for one connection within thirty seconds. Valkey keeps its digest.
"""

import hashlib
import secrets
from datetime import datetime
from typing import Final

import msgspec

from vortex import valkey
from vortex.clock import now
from vortex.contracts import Principal, Value
from vortex.errors import Unavailable
from vortex.realtime import connections

LIFETIME_SECONDS: Final = 30


class Admission(Value):
    """Whom a ticket lets in, and until when. `issued_at` is in seconds since the epoch."""

    principal: Principal
    issued_at: float
    expires_at: datetime


def issue_ticket(principal: Principal, session_expires_at: datetime) -> str:
    """Return a ticket for the caller's next socket, which closes when the session expires.

    Each call makes another ticket. Refuses with Unavailable while Valkey is down.
    """
    ticket = secrets.token_urlsafe(32)
    admission = Admission(
        principal=principal, issued_at=now().timestamp(), expires_at=session_expires_at
    )
    try:
        valkey.client().set(_key(ticket), msgspec.json.encode(admission), ex=LIFETIME_SECONDS)
    except valkey.FAILURES as error:
        raise Unavailable("no ticket can be issued", retry_after=1) from error
    return ticket


async def take(ticket: str) -> Admission | None:
    """Return whom a ticket lets in and end it in the same step, so that it works only once."""
    kept = await connections.client().getdel(_key(ticket))
    return msgspec.json.decode(kept, type=Admission) if kept else None


def _key(ticket: str) -> str:
    return f"realtime:ticket:{hashlib.sha256(ticket.encode()).hexdigest()}"
