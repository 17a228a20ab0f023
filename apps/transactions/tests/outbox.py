"""What the ledger has said and nobody has carried away yet."""

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
