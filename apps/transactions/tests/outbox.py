"""What the ledger has said and nobody has carried away yet."""

from typing import Any

import msgspec
from django.db import connections

from apps.transactions.contracts import TransactionPosted
from vortex.db import alias_of


def events() -> list[TransactionPosted]:
    """Return every transaction.posted that waits in the outbox, oldest first."""
    with connections[alias_of("transactions")].cursor() as cursor:
        cursor.execute(
            "select payload::text from outbox_message where type = 'transaction.posted' order by id"
        )
        return [
            msgspec.json.decode(payload, type=TransactionPosted) for (payload,) in cursor.fetchall()
        ]


def said(type_: str) -> list[dict[str, Any]]:
    """Return what every waiting event of a type says, oldest first."""
    with connections[alias_of("transactions")].cursor() as cursor:
        cursor.execute(
            "select payload::text from outbox_message where type = %s order by id", [type_]
        )
        return [msgspec.json.decode(payload) for (payload,) in cursor.fetchall()]
