"""Many callers' keys in one transaction: claimed together, answered together, in two statements.

The promises are those of `remembered`. A key is claimed by the same advisory lock, held until the
transaction ends, so both ways of holding it exclude each other; the answers are rows of the same
table, committed with the effects.
"""

from collections.abc import Sequence
from typing import Final, cast

import msgspec
from django.db import connections

from vortex.db import alias_of, arrays, current_context
from vortex.db.arrays import ColumnCursor
from vortex.idempotency.slots import Answer


class Claim(msgspec.Struct, frozen=True):
    """Whether a caller's key is ours now, and what was answered under it before, if anything."""

    claimed: bool
    request_hash: bytes = b""
    answer: Answer | None = None


_YES: Final = Claim(True)
_NO: Final = Claim(False)
_encoder: Final = msgspec.json.Encoder()
# What idempotency_claim_many answers: who was let in, and of the keys that stand what they hold.
Known = tuple[
    Sequence[bool],
    Sequence[int] | None,
    Sequence[bytes] | None,
    Sequence[int] | None,
    Sequence[str] | None,
    Sequence[bytes] | None,
]

_CLAIM = (
    "select claimed, places, hashes, statuses, headers, bodies from idempotency_claim_many(%s, %s)"
)
_RECORD = (
    "insert into idempotency_key (caller, key, request_hash, status, headers, body)"
    " select c.caller, c.key, c.hash, c.status, c.headers::jsonb, c.body"
    " from unnest(%s, %s, %s, %s, %s, %s) c (caller, key, hash, status, headers, body)"
    " on conflict do nothing"
)


def claim_many(callers: Sequence[str], keys: Sequence[str]) -> list[Claim]:
    """Claim distinct keys until the open unit of work ends; needs one."""
    with _cursor() as cursor:
        columns = (arrays.texts(callers), arrays.texts(keys))
        cursor.execute(_CLAIM, columns, prepare=True, binary=True)
        return claims_of(cast("Known", cursor.fetchone()))


def claims_of(known: Known) -> list[Claim]:
    """Return the claims that PostgreSQL granted, for code that claims in SQL of its own."""
    claimed, places, hashes, statuses, all_headers, bodies = known
    claims = [_YES if one else _NO for one in claimed]
    columns = (places, hashes, statuses, all_headers, bodies)
    for place, known_hash, status, headers, body in zip(
        *[column or () for column in columns], strict=True
    ):
        kept = msgspec.json.decode(headers, type=dict[str, str])
        answer = Answer(status, kept, bytes(body))
        claims[place - 1] = Claim(claims[place - 1].claimed, bytes(known_hash), answer)
    return claims


def record_many(
    callers: Sequence[str], keys: Sequence[str], hashes: Sequence[bytes], answers: Sequence[Answer]
) -> None:
    """Remember answers under claimed keys, if and when the open unit of work commits."""
    columns = (
        arrays.texts(callers),
        arrays.texts(keys),
        arrays.octets(hashes),
        arrays.integers([answer.status for answer in answers]),
        arrays.texts([_encoder.encode(answer.headers).decode() for answer in answers]),
        arrays.octets([answer.body for answer in answers]),
    )
    with _cursor() as cursor:
        cursor.execute(_RECORD, columns, prepare=True)
        if cursor.rowcount != len(keys):
            raise RuntimeError("an answer stood under a key that was claimed")


def _cursor() -> ColumnCursor:
    """Return a cursor that binds on the server: Django's would write the arrays into the SQL."""
    context = current_context()
    if context is None:
        raise RuntimeError("keys are claimed in the unit of work of the effects")
    return ColumnCursor(connections[alias_of(context)].connection)
