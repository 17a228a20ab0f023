"""Adding to the history of an account at another bank: the only way past its freeze.

Such an account is frozen on both sides for good, so that no transfer, hold or exchange reaches it
and no money of this bank comes out of what another bank's file says. Here the row is locked,
thawed, posted to and frozen again in one transaction: nobody else ever sees it thawed.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from apps.transactions import selectors
from apps.transactions.adapters.statements import Line, identity
from apps.transactions.contracts import (
    HistoryAdded,
    HistoryLine,
    ImportNeedsExternalAccount,
    LedgerAccountKind,
    LedgerAccountNotFound,
    MalformedHistory,
    Outcome,
    Posting,
)
from apps.transactions.domain.importing import placed
from apps.transactions.domain.posting import MAX_TEXT
from apps.transactions.models import Account
from apps.transactions.services.posting import post_many
from apps.transactions.services.statement_lines import open_clearing, posting_of
from vortex.db import lock_in_order, needs_transaction, unit_of_work

MOST_LINES: Final = 10_000


def check_external(account: Account) -> None:
    """Refuse an account of this bank: its history is made here and not brought in."""
    if account.kind != LedgerAccountKind.EXTERNAL:
        raise ImportNeedsExternalAccount(account_id=str(account.id))


@needs_transaction("transactions")
def post_to(*, account_id: UUID, currency: str, postings: Sequence[Posting]) -> tuple[Outcome, ...]:
    """Post to an account at another bank, each posting by itself. Replays change nothing."""
    account = _locked(account_id, currency)
    _freeze(account, frozen=False)
    outcomes = post_many(postings)
    _freeze(account, frozen=True)
    return outcomes


def add_history(*, account_id: UUID, lines: Sequence[HistoryLine], today: date) -> HistoryAdded:
    """Add lines to an account at another bank; those that it has already are left out."""
    account = selectors.account(account_id=account_id)
    check_external(account)
    if len(lines) > MOST_LINES:
        raise MalformedHistory(f"at most {MOST_LINES:,} lines at once")
    known = [_line(line, today) for line in lines]
    keys = [identity(line) for line in known]
    days = [line.booked_date for line in known]
    with unit_of_work("transactions"):
        _locked(account_id, account.currency)
        standing = selectors.standing_lines(account_id=account_id, days=days)
        places = placed(keys, standing)
        fresh = [
            posting_of(line, occurrence, account_id=account_id, currency=account.currency)
            for line, (occurrence, is_there) in zip(known, places, strict=True)
            if not is_there
        ]
        outcomes = post_to(account_id=account_id, currency=account.currency, postings=fresh)
    posted = sum(outcome.posted and not outcome.replayed for outcome in outcomes)
    return HistoryAdded(posted=posted, already_there=len(lines) - posted)


@needs_transaction("transactions")
def _locked(account_id: UUID, currency: str) -> Account:
    """Lock the account and its currency's clearing account, in id order, and return the first."""
    ids = (account_id, open_clearing(currency))
    locked = {one.id: one for one in lock_in_order(Account.objects.filter(pk__in=ids))}
    account = locked.get(account_id)
    if account is None:
        raise LedgerAccountNotFound(account_id=str(account_id))
    check_external(account)
    return account


def _line(line: HistoryLine, today: date) -> Line:
    texts = (line.description, line.counterparty)
    if any(len(text) > MAX_TEXT or "\x00" in text for text in texts):
        raise MalformedHistory(f"a text is longer than {MAX_TEXT} characters or has a NUL")
    if not line.amount_minor or line.booked_date > today or line.booked_date.year < 1970:
        raise MalformedHistory("a line has no amount, or a date that is no past day")
    return Line(line.booked_date, line.amount_minor, line.description, line.counterparty)


def _freeze(account: Account, *, frozen: bool) -> None:
    account.debits_frozen = account.credits_frozen = frozen
    account.save(update_fields=["debits_frozen", "credits_frozen"])
