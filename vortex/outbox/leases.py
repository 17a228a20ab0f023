"""Which partitions this relay may deliver: leases in the database, with a token that fences.

The lease keeps two relays from publishing one key at once; the token in every statement that
removes messages keeps a relay that slept through its lease from removing what is another's by now.
"""

import time
from typing import Final

from django.db import connections

# Published within the lease or not at all: the broker is given less than what remains.
_MARGIN: Final = 0.2
_RENEWALS_PER_LEASE: Final = 4


class Leases:
    """The leases of one relay in one context's database."""

    def __init__(self, alias: str, owner: str, *, seconds: float) -> None:
        self._alias = alias
        self._owner = owner
        self._seconds = seconds
        self._tokens: dict[int, int] = {}
        self._kept_at = float("-inf")

    def keep(self, published: int) -> bool:
        """Renew when it is time, adding `published` to the relay's report; say whether it was."""
        if time.monotonic() < self._kept_at + self._seconds / _RENEWALS_PER_LEASE:
            return False
        asked_at = time.monotonic()
        with connections[self._alias].cursor() as cursor:
            cursor.execute(
                "select partition, token from outbox_keep(%s, %s, %s)",
                (self._owner, self._seconds, published),
            )
            self._tokens = dict(cursor.fetchall())
        self._kept_at = asked_at
        return True

    def tokens(self) -> dict[int, int]:
        """Return the token of each partition that may be delivered now."""
        ends_at = self._kept_at + self._seconds * (1 - _MARGIN)
        return self._tokens if time.monotonic() < ends_at else {}

    def release(self) -> None:
        """Give every lease up, so that another relay need not wait for its end."""
        self._tokens = {}
        self._kept_at = float("-inf")
        with connections[self._alias].cursor() as cursor:
            cursor.execute(
                "update outbox_lease set owner = '', expires_at = '-infinity' where owner = %s",
                (self._owner,),
            )
            cursor.execute("delete from outbox_relay where owner = %s", (self._owner,))
