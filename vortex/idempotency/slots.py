"""Claiming a caller's key for one request, and recording the answer beside the effect."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec
from django.db import DatabaseError, InterfaceError, connections

from vortex.db import (
    alias_of,
    current_context,
    in_unit_of_work,
    keep_copies_out,
    unit_of_work,
)
from vortex.errors import Conflict, Refused

_RETRY_AFTER_SECONDS: Final = 1


class IdempotencyKeyReused(
    Refused, code="idempotency_key_reused", title="Idempotency key used before"
):
    """The key belongs to another request of this caller; a new request needs a new key."""


class RequestInProgress(Conflict, code="request_in_progress", title="Request in progress"):
    """A request with this key is running; `facts["retry_after"]` is in seconds."""


class Answer(msgspec.Struct, frozen=True):
    """An answer to be given again as it was: HTTP status, headers worth keeping, encoded body."""

    status: int
    headers: Mapping[str, str] = {}
    body: bytes = b""


@dataclass
class Slot:
    """One caller's key while a request holds it; `answer` is what to replay, None to go ahead."""

    context: str
    caller: str
    key: str
    request_hash: bytes
    answer: Answer | None = None
    recorded: bool = False

    def derive(self, name: str) -> UUID:
        """Return the id (UUIDv8, RFC 9562) that every attempt under this key gives to `name`."""
        seed = fingerprint(self.context, self.caller, self.key, name)
        number = int.from_bytes(seed[:16], "big")
        number = number & ~(0xF << 76) | 0x8 << 76
        return UUID(int=number & ~(0x3 << 62) | 0x2 << 62)

    def record(self, answer: Answer) -> None:
        """Remember the answer, if and when the open unit of work of this context commits.

        Refuses with RequestInProgress, so that the effect rolls back, where another request has
        recorded an answer under the key: it did the work.
        """
        if current_context() != self.context:
            raise RuntimeError(f"an answer is recorded in the unit of work of {self.context}")
        if not _insert(self, answer):
            raise RequestInProgress(retry_after=_RETRY_AFTER_SECONDS)
        self.recorded = True

    def record_apart(self, answer: Answer) -> None:
        """Remember the answer in a transaction of its own, after the effect has committed.

        Where another request has recorded one by then, that one stays.
        """
        with unit_of_work(self.context):
            _insert(self, answer)
        self.recorded = True


def fingerprint(*parts: str | bytes) -> bytes:
    """Return a hash of the parts and of where each of them ends."""
    digest = hashlib.sha256()
    for part in parts:
        octets = part.encode() if isinstance(part, str) else part
        digest.update(len(octets).to_bytes(8, "big") + octets)
    return digest.digest()


@contextmanager
def remembered(context: str, *, caller: str, key: str, request_hash: bytes) -> Iterator[Slot]:
    """Hold a caller's key for one request; see the package's docstring for the protocol.

    Must be entered outside a transaction. Refuses with IdempotencyKeyReused and
    RequestInProgress, and with Moved what is only a copy of a request.
    """
    if in_unit_of_work():
        raise RuntimeError("a key is claimed before the transaction, not inside it")
    keep_copies_out(context)
    claimed, slot = _claim(context, caller, key, request_hash)
    if slot.answer is not None or not claimed:
        if claimed:
            _release(slot)
        if slot.answer is None:
            raise RequestInProgress(retry_after=_RETRY_AFTER_SECONDS)
        if slot.request_hash != request_hash:
            raise IdempotencyKeyReused
        yield slot
        return
    try:
        yield slot
    finally:
        _release(slot)


def _claim(context: str, caller: str, key: str, request_hash: bytes) -> tuple[bool, Slot]:
    with connections[alias_of(context)].cursor() as cursor:
        cursor.execute(
            "select claimed, request_hash, status, headers::text, body"
            " from idempotency_claim(%s, %s)",
            (caller, key),
        )
        claimed, known_hash, status, headers, body = cursor.fetchone()
    slot = Slot(context, caller, key, request_hash)
    if status is not None:
        slot.request_hash = bytes(known_hash)
        kept = msgspec.json.decode(headers, type=dict[str, str])
        slot.answer = Answer(status, kept, bytes(body))
    return claimed, slot


def _release(slot: Slot) -> None:
    connection = connections[alias_of(slot.context)]
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "select pg_advisory_unlock(idempotency_lock(%s, %s))", (slot.caller, slot.key)
            )
    except (DatabaseError, InterfaceError):
        connection.close()  # and the lock goes with the session


def _insert(slot: Slot, answer: Answer) -> bool:
    with connections[alias_of(slot.context)].cursor() as cursor:
        cursor.execute(
            "insert into idempotency_key (caller, key, request_hash, status, headers, body)"
            " values (%s, %s, %s, %s, %s::jsonb, %s) on conflict do nothing",
            (
                slot.caller,
                slot.key,
                slot.request_hash,
                answer.status,
                msgspec.json.encode(dict(answer.headers)).decode(),
                answer.body,
            ),
        )
        return bool(cursor.rowcount == 1)
