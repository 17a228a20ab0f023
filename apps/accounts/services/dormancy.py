"""Accounts that nobody uses: seen by their postings, put to sleep by the clockwork."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from uuid import UUID

from apps.accounts.conf import DORMANT_AFTER
from apps.accounts.contracts import ChangeUnderWay
from apps.accounts.domain.standing import Change, Party, Standing
from apps.accounts.models import Account
from apps.accounts.services.standing import NO, Asked, change_as_asked
from vortex.db import arrays, needs_transaction, unit_of_work
from vortex.db.prepared import fetch
from vortex.errors import Unavailable
from vortex.telemetry import get_logger

_AT_ONCE: Final = 500
_NOTE: Final = """
update accounts_account a set last_moved_date = seen.day
  from unnest(%(accounts)s, %(days)s) seen (id, day)
 where a.id = seen.id and (a.last_moved_date is null or a.last_moved_date < seen.day)
returning a.id
"""

log = get_logger(__name__)


@needs_transaction("accounts")
def note_use(*, days: Mapping[UUID, date]) -> None:
    """Remember the last day on which each account was used: one write an account and day."""
    ids = sorted(days)
    if not ids:
        return
    asked = {
        "accounts": arrays.uuids(ids),
        "days": arrays.dates_or_nulls([days[account_id] for account_id in ids]),
    }
    with unit_of_work("accounts"):
        fetch("accounts", _NOTE, asked)


def let_sleep(*, now: datetime) -> int:
    """Put to sleep what has not been used for a year; return how many there were.

    Where no use was ever seen, watching begins today: it may have been used before that.
    """
    active = Account.objects.filter(standing=Standing.ACTIVE.value, pending="")
    before = (now - DORMANT_AFTER).date()
    unseen = active.filter(last_moved_date__isnull=True)
    with unit_of_work("accounts"):
        unseen.update(last_moved_date=now.date())
    asleep = 0
    quiet = active.filter(last_moved_date__lt=before, opened_at__date__lt=before)
    for account_id in list(quiet.order_by("pk").values_list("pk", flat=True)[:_AT_ONCE]):
        asked = Asked(change=Change.REST, party=Party.BANK)
        try:
            change_as_asked(account_id=account_id, asked=asked, asked_at=now)
            asleep += 1
        except (*NO, ChangeUnderWay, Unavailable):
            log.warning("accounts.dormancy.not_put_to_sleep", account_id=str(account_id))
    return asleep
