"""Reads of postings and entries: the bank's own view, and what one customer may see of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from django.db.models import QuerySet, Subquery

from apps.transactions.contracts import LedgerAccountNotFound, PostingNotFound
from apps.transactions.models import Entry, Posting
from apps.transactions.selectors.accounts import account
from apps.transactions.selectors.keeping import OWN_SQL, own_account_ids
from vortex.db import arrays
from vortex.db.prepared import fetch


@dataclass(frozen=True)
class Wanted:
    """What a customer asks of the list. Amounts are in minor units, without sign."""

    account_id: UUID | None = None
    booked_from: datetime | None = None
    booked_before: datetime | None = None
    least_minor: int | None = None
    most_minor: int | None = None
    direction: str = ""  # "in", "out" or either
    kind: str = ""
    category: str = ""
    word: str = ""

    @property
    def is_for_all(self) -> bool:
        """Whether it leaves out no posting of a time, and no side of one."""
        sides = (self.account_id, self.least_minor, self.most_minor)
        return all(side is None for side in sides) and not (
            self.direction or self.kind or self.category or self.word
        )


class OwnEntry(msgspec.Struct, frozen=True):
    """One of a customer's own entries of a posting, with the balance of that account after it."""

    account_id: UUID
    amount_minor: int
    currency: str
    balance_after_minor: int
    version: int


class OwnPosting(msgspec.Struct, frozen=True):
    """A posting as one customer may see it: their own entries, their own category."""

    id: UUID
    kind: str
    description: str
    category: str
    counterparty: str
    reference: str
    booked_at: datetime
    effective_date: date
    reverses_id: UUID | None
    reversed_by_id: UUID | None
    is_split: bool
    entries: tuple[OwnEntry, ...]


def posting(*, posting_id: UUID) -> Posting:
    """Return a posting, whoever's it is; for the bank's own use."""
    found = Posting.objects.filter(pk=posting_id).first()
    if found is None:
        raise PostingNotFound(posting_id=str(posting_id))
    return found


def entries_of_posting(*, posting_id: UUID) -> QuerySet[Entry]:
    """Return every entry of a posting, in account order; for the bank's own use."""
    booked_at = Posting.objects.filter(pk=posting_id).values("booked_at")
    found = Entry.objects.filter(posting_id=posting_id, booked_at=Subquery(booked_at))
    return found.order_by("account_id")


def entries_of_account(*, account_id: UUID, after_version: int, limit: int) -> list[dict[str, Any]]:
    """Return entries of an account beyond a version, oldest first, with their postings' texts."""
    account(account_id=account_id)
    asked = (account_id, after_version, limit)
    return [dict(zip(_BOOKED_AS, row, strict=True)) for row in _fetch(_BOOKED, asked)]


def posting_of_owner(*, posting_id: UUID, owner_id: UUID) -> OwnPosting:
    """Return a posting that touches an account of this customer; any other does not exist."""
    found = _with_entries([posting_id], owner_id)
    if not found:
        raise PostingNotFound(posting_id=str(posting_id))
    return found[0]


def postings_by_id(*, posting_ids: Sequence[UUID], owner_id: UUID) -> list[OwnPosting]:
    """Return those of these postings that touch the customer's accounts, in the order asked for."""
    place = {posting_id: place for place, posting_id in enumerate(posting_ids)}
    found = _with_entries(posting_ids, owner_id)
    return sorted(found, key=lambda one: place[one.id])


def postings_of_owner(
    *, owner_id: UUID, wanted: Wanted, after: tuple[datetime, UUID] | None, limit: int
) -> list[OwnPosting]:
    """Return a customer's postings, newest first, at most `limit` beyond the position `after`.

    Each account is read along its own index and the streams are merged, so the cost of a page does
    not grow with the history. Refuses an account that is not the customer's.
    """
    conditions, values = _conditions(wanted, after)
    own = OWN_SQL
    if wanted.account_id is not None:
        own, values["account_id"] = _ONE_OF_OWN, wanted.account_id
    newest = _NEWEST.format(
        own=own,
        words=_WORDS if wanted.kind or wanted.category or wanted.word else "",
        conditions=" and ".join(conditions),
        limit=int(limit),
    )
    sides = _THESE if wanted.is_for_all else _ALL_OWN
    shown = _shown(sides.format(newest=newest, own=OWN_SQL), {"owner": owner_id, **values})
    if not shown:
        _refuse_of_others(wanted.account_id, owner_id)
    return shown


def _refuse_of_others(account_id: UUID | None, owner_id: UUID) -> None:
    """Refuse an account that is not this customer's."""
    if account_id is not None and account_id not in own_account_ids(owner_id=owner_id):
        raise LedgerAccountNotFound(account_id=str(account_id))


# The category and the counterparty of a posting are the payer's words for it. The receiver sees
# them where the bank itself paid; what another customer wrote down is nobody else's business.
_PAYERS_WORDS: Final = """
  (e.amount_minor < 0 or not exists (
    select from transactions_entry paid
      join transactions_account payer on payer.id = paid.account_id
     where paid.posting_id = e.posting_id and paid.booked_at = e.booked_at
       and paid.amount_minor < 0
       and payer.owner_id <> %(owner)s))
"""
_CATEGORY: Final = (
    f"coalesce(n.category, case when {_PAYERS_WORDS} then p.category else 'transfers' end)"
)
# A transaction that is split is found under the category of each of its parts.
_PARTS: Final = """
  select from transactions_split s where s.posting_id = e.posting_id and s.owner_id = %(owner)s
"""
_IN_CATEGORY: Final = (
    f"case when exists ({_PARTS}) then exists ({_PARTS} and s.category = %(category)s)"
    f" else {_CATEGORY} = %(category)s end"
)
_COUNTERPARTY: Final = f"case when {_PAYERS_WORDS} then p.counterparty else '' end"

_ONE_OF_OWN: Final = f"select id from ({OWN_SQL}) as mine (id) where id = %(account_id)s"  # noqa: S608

# Only what is asked by words needs them.
_WORDS: Final = """
      join transactions_posting p on p.id = e.posting_id
      left join transactions_annotation n on n.posting_id = e.posting_id and n.owner_id = %(owner)s
"""

# What is already said as the receiver sees it needs no look at who paid.
_ARE_PAYERS_WORDS: Final = f"""
  case when p.category = 'transfers' and p.counterparty = '' then true else {_PAYERS_WORDS} end
"""
_SHOWN: Final = """
select p.id, p.kind, p.description, p.reference, p.booked_at, p.effective_date, p.reverses_id,
       r.posting_id as reversed_by_id,
       exists (select from transactions_split s
                where s.posting_id = p.id and s.owner_id = %(owner)s) as is_split,
       n.category as own_category, p.category, p.counterparty, {are_payers_words},
       e.account_id, e.amount_minor, e.currency, e.balance_after_minor, e.version
  from {own_entries}
  left join transactions_reversal r on r.original_id = p.id
  left join transactions_annotation n on n.posting_id = p.id and n.owner_id = %(owner)s
 order by p.booked_at desc, p.id desc, e.amount_minor
"""
_OF_POSTINGS: Final = """
       transactions_posting p
  join transactions_entry e on e.posting_id = p.id and e.booked_at = p.booked_at
   and p.id = any (%(postings)s) and e.account_id = any (array({own}))
"""
# The limit is written out: where PostgreSQL does not know it, it believes that planning this anew
# each time is worth it.
_NEWEST: Final = """
  select ranked.* from (
    select found.*,
           dense_rank() over (order by found.booked_at desc, found.posting_id desc) as place
      from ({own}) as own (id)
      cross join lateral (
        select e.booked_at, e.posting_id, e.account_id, e.amount_minor, e.currency,
               e.balance_after_minor, e.version
          from transactions_entry e {words}
         where e.account_id = own.id and {conditions}
         order by e.booked_at desc, e.posting_id desc
         limit {limit}
      ) found
  ) ranked where ranked.place <= {limit}
"""
# An account stands in a posting once, so where nothing is left out no own side of one is missed.
_THESE: Final = "({newest}) e join transactions_posting p on p.id = e.posting_id"
_ALL_OWN: Final = """
       (select distinct posting_id, booked_at from ({newest}) sides) found
  join transactions_entry e on e.posting_id = found.posting_id and e.booked_at = found.booked_at
   and e.account_id = any (array({own}))
  join transactions_posting p on p.id = e.posting_id
"""

_BOOKED: Final = """
select e.posting_id, e.account_id, e.amount_minor, e.currency, e.balance_after_minor,
       e.version, p.booked_at, p.effective_date, p.description
  from transactions_entry e join transactions_posting p on p.id = e.posting_id
 where e.account_id = %s and e.version > %s order by e.version limit %s
"""
_BOOKED_AS: Final = (
    *("posting_id", "account_id", "amount_minor", "currency", "balance_after_minor"),
    *("version", "booked_at", "effective_date", "description"),
)


def _conditions(
    wanted: Wanted, after: tuple[datetime, UUID] | None
) -> tuple[list[str], dict[str, Any]]:
    amount = "abs(e.amount_minor)"
    asked: list[tuple[str, str, Any]] = [
        ("e.booked_at >= %(booked_from)s", "booked_from", wanted.booked_from),
        ("e.booked_at < %(booked_before)s", "booked_before", wanted.booked_before),
        (f"{amount} >= %(least)s", "least", wanted.least_minor),
        (f"{amount} <= %(most)s", "most", wanted.most_minor),
        ("p.kind = %(kind)s", "kind", wanted.kind or None),
        (_IN_CATEGORY, "category", wanted.category or None),
        (
            f"(p.description ilike %(word)s or {_COUNTERPARTY} ilike %(word)s)",
            "word",
            _pattern(wanted.word) if wanted.word else None,
        ),
    ]
    conditions = [condition for condition, _, value in asked if value is not None]
    values = {name: value for _, name, value in asked if value is not None}
    if wanted.direction:
        conditions.append(
            "e.amount_minor > 0" if wanted.direction == "in" else "e.amount_minor < 0"
        )
    if after is not None:
        # The first is for PostgreSQL, which leaves out months by it and not by the second.
        conditions += [
            "e.booked_at <= %(after_at)s",
            "(e.booked_at, e.posting_id) < (%(after_at)s, %(after_id)s)",
        ]
        values |= {"after_at": after[0], "after_id": after[1]}
    return conditions or ["true"], values


def _pattern(word: str) -> str:
    """Return a pattern that finds the word as it is written: % and _ mean themselves."""
    literal = word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{literal}%"


def _with_entries(posting_ids: Sequence[UUID], owner_id: UUID) -> list[OwnPosting]:
    """Return those of these postings that touch own accounts, newest first."""
    if not posting_ids:
        return []
    asked = {"postings": arrays.uuids(posting_ids), "owner": owner_id}
    return _shown(_OF_POSTINGS.format(own=OWN_SQL), asked)


def _shown(own_entries: str, values: dict[str, Any]) -> list[OwnPosting]:
    """Return the postings of these own entries, newest first."""
    statement = _SHOWN.format(own_entries=own_entries, are_payers_words=_ARE_PAYERS_WORDS)
    entries: dict[UUID, list[OwnEntry]] = {}
    firsts: list[tuple[Any, ...]] = []
    for row in _fetch(statement, values):
        entry = OwnEntry(*row[_OF_ENTRY:])
        known = entries.get(row[0])
        if known is None:
            entries[row[0]] = [entry]
            firsts.append(row)
        else:
            known.append(entry)
    return [_own(row, tuple(entries[row[0]])) for row in firsts]


_OF_ENTRY: Final = 13


def _own(row: tuple[Any, ...], entries: tuple[OwnEntry, ...]) -> OwnPosting:
    posting_id, kind, description, reference, booked_at, effective_date, reverses_id = row[:7]
    reversed_by_id, is_split, own_category, category, counterparty, are_payers_words = row[7:13]
    if not are_payers_words:
        category, counterparty = "transfers", ""
    return OwnPosting(
        posting_id,
        kind,
        description,
        category if own_category is None else own_category,
        counterparty,
        reference,
        booked_at,
        effective_date,
        reverses_id,
        reversed_by_id,
        is_split,
        entries,
    )


def _fetch(statement: str, values: Any) -> list[tuple[Any, ...]]:
    return fetch("transactions", statement, values)
