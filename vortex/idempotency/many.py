"""Many callers' keys in one transaction: claimed together, answered together, in two statements.

The promises are those of `remembered`. A key is claimed by the same advisory lock, held until the
transaction ends, so both ways of holding it exclude each other; the answers are rows of the same
table, committed with the effects.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import psycopg
from django.db import connections

from vortex.db import alias_of, current_context
from vortex.idempotency.slots import Answer


@dataclass(frozen=True)
class Claim:
    """Whether a caller's key is ours now, and what was answered under it before, if anything."""

    claimed: bool
    request_hash: bytes = b""
    answer: Answer | None = None


# Two statements: the second has a snapshot taken after the locks were obtained, so a key whose
# first request commits meanwhile shows either its lock or its answer, and never neither.
_LOCK = (
    "select pg_try_advisory_xact_lock(idempotency_lock(c.caller, c.key))"
    " from unnest(%s::text[], %s::text[]) with ordinality c (caller, key, place) order by c.place"
)
_READ = (
    "select c.place, k.request_hash, k.status, k.headers::text, k.body"
    " from unnest(%s::text[], %s::text[]) with ordinality c (caller, key, place)"
    " join idempotency_key k on k.caller = c.caller and k.key = c.key"
)
_RECORD = (
    "insert into idempotency_key (caller, key, request_hash, status, headers, body)"
    " select * from unnest(%s::text[], %s::text[], %s::bytea[], %s::smallint[], %s::jsonb[],"
    " %s::bytea[]) on conflict do nothing"
)


def claim_many(callers: Sequence[str], keys: Sequence[str]) -> list[Claim]:
    """Claim distinct keys until the open unit of work ends; needs one."""
    with _cursor() as cursor:
        cursor.execute(_LOCK, (list(callers), list(keys)), prepare=True)
        claims = [Claim(claimed) for (claimed,) in cursor.fetchall()]
        cursor.execute(_READ, (list(callers), list(keys)), prepare=True)
        for place, known_hash, status, headers, body in cursor.fetchall():
            kept = msgspec.json.decode(headers, type=dict[str, str])
            answer = Answer(status, kept, bytes(body))
            claims[place - 1] = Claim(claims[place - 1].claimed, bytes(known_hash), answer)
    return claims


def record_many(
    callers: Sequence[str], keys: Sequence[str], hashes: Sequence[bytes], answers: Sequence[Answer]
) -> None:
    """Remember answers under claimed keys, if and when the open unit of work commits."""
    columns = (
        list(callers),
        list(keys),
        list(hashes),
        [answer.status for answer in answers],
        [msgspec.json.encode(dict(answer.headers)).decode() for answer in answers],
        [answer.body for answer in answers],
    )
    with _cursor() as cursor:
        cursor.execute(_RECORD, columns, prepare=True)
        if cursor.rowcount != len(keys):
            raise RuntimeError("an answer stood under a key that was claimed")


def _cursor() -> "psycopg.Cursor[tuple[Any, ...]]":
    """Return a cursor that binds on the server: Django's would write the arrays into the SQL."""
    context = current_context()
    if context is None:
        raise RuntimeError("keys are claimed in the unit of work of the effects")
    return psycopg.Cursor(connections[alias_of(context)].connection)
