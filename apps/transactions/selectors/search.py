"""Searching and summing a customer's own entries.

Entries are found along the index of the customer's own accounts, whatever else is asked: a search
costs what the customer's history costs, never the bank's, and is stopped after five seconds. Words
are compared as they are written, by ILIKE with its wildcards escaped; there is no pattern to write.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import OperationalError, connections

from apps.transactions.contracts import LedgerAccountNotFound, SearchTooBroad
from apps.transactions.models import Category, Filing
from apps.transactions.selectors.keeping import own_account_ids
from vortex.db import alias_of, unit_of_work

Place = tuple[UUID, UUID]  # a posting and an account

_LONGEST_MS: Final = 5_000
_STOPPED: Final = "57014"
MOST_GROUPS: Final = 2_000

# The category and the counterparty are the payer's words, which another receiver does not see.
_MINE: Final = """
  (e.amount_minor < 0 or not exists (
    select from transactions_entry paid
      join transactions_account payer on payer.id = paid.account_id
     where paid.posting_id = e.posting_id and paid.booked_at = e.booked_at
       and paid.amount_minor < 0
       and payer.owner_id <> %(owner)s))
"""
WHOLE_SQL: Final = f"coalesce(n.category, case when {_MINE} then p.category else 'transfers' end)"
# Of a transaction that is split, each part has its own.
_CATEGORY: Final = f"coalesce(s.category, {WHOLE_SQL})"
_AMOUNT: Final = "coalesce(s.amount_minor, e.amount_minor)"
COUNTERPARTY_SQL: Final = f"case when {_MINE} then p.counterparty else '' end"

_FROM: Final = """
  from transactions_entry e
  join transactions_posting p on p.id = e.posting_id
  left join transactions_annotation n on n.posting_id = e.posting_id and n.owner_id = %(owner)s
  left join transactions_split s on s.posting_id = e.posting_id and s.owner_id = %(owner)s
  left join transactions_filing f on f.posting_id = e.posting_id and f.owner_id = %(owner)s
 where e.account_id = any (%(accounts)s::uuid[])
"""

# The same without the parts of splits: one row per entry.
_FROM_WHOLE: Final = """
  from transactions_entry e
  join transactions_posting p on p.id = e.posting_id
  left join transactions_annotation n on n.posting_id = e.posting_id and n.owner_id = %(owner)s
 where e.account_id = any (%(accounts)s::uuid[])
"""

_FOUND: Final = """
select id, booked_at, amount from (
  select e.posting_id as id, max(e.booked_at) as booked_at, max(abs(e.amount_minor)) as amount
  {wanted} group by e.posting_id) found
{bound} order by {order} limit %(limit)s
"""

_EXPORTED: Final = """
select posting_id, account_id from (
  select distinct e.posting_id, e.account_id, e.booked_at {wanted}) found
order by {order} limit %(limit)s
"""
_EXPORT_ORDERS: Final = {
    False: "booked_at, posting_id, account_id",
    True: "account_id, booked_at, posting_id",
}

# What may be grouped by, and the SQL of its key.
GROUPS: Final[dict[str, str]] = {
    "category": _CATEGORY,
    "month": "to_char(e.booked_at at time zone 'UTC', 'YYYY-MM')",
    "day": "to_char(e.booked_at at time zone 'UTC', 'YYYY-MM-DD')",
    "merchant": COUNTERPARTY_SQL,
    "account": "e.account_id::text",
    "kind": "p.kind",
}
# What may be sorted by: the column, and whether it descends.
SORTS: Final[dict[str, tuple[str, bool]]] = {
    "-booked_at": ("booked_at", True),
    "booked_at": ("booked_at", False),
    "-amount": ("amount", True),
    "amount": ("amount", False),
}


@dataclass(frozen=True)
class Search:
    """What a customer asks for. Amounts are in minor units without sign; empty means any."""

    account_ids: tuple[UUID, ...] = ()
    booked_from: datetime | None = None
    booked_before: datetime | None = None
    effective_from: date | None = None
    effective_until: date | None = None
    least_minor: int | None = None
    most_minor: int | None = None
    currency: str = ""
    direction: str = ""
    kind: str = ""
    category: str = ""
    uncategorised: bool = False
    tag: str = ""
    has_note: bool | None = None
    word: str = ""


_LINES: Final = """
select e.posting_id, e.account_id, e.amount_minor, e.currency, p.kind, p.description,
       {counterparty}, {category}, p.reference, p.booked_at, p.effective_date
{wanted} {bound} order by {order} limit %(limit)s
"""

# Names are ordered as a cursor compares them, whatever the language of the database.
_TAGS: Final = """
select tag collate "C" as name, count(*)
  from transactions_filing f cross join unnest(f.tags) as tag
 where f.owner_id = %(owner)s and tag collate "C" > %(after)s collate "C"
 group by 1 order by 1 limit %(limit)s
"""


@dataclass(frozen=True)
class Sum:
    """What came and went under one key, in minor units of one currency."""

    key: str
    currency: str
    credits_minor: int
    debits_minor: int
    count: int


def found_postings(
    *,
    owner_id: UUID,
    search: Search,
    sort: str,
    after: tuple[Any, UUID] | None,
    limit: int,
) -> list[tuple[UUID, datetime, int]]:
    """Return id, booking time and largest own amount of what is found, beyond `after`."""
    column, descends = SORTS[sort]
    where, values = _where(owner_id, search)
    way, beyond = ("desc", "<") if descends else ("asc", ">")
    bound = f"where ({column}, id) {beyond} (%(after)s, %(after_id)s)" if after else ""
    if after:
        values |= {"after": after[0], "after_id": after[1]}
    # Everything that is put together here stands above; what people say goes in as values.
    statement = _FOUND.format(
        wanted=f"{_FROM} {where}", bound=bound, order=f"{column} {way}, id {way}"
    )
    return [(i, at, int(a)) for i, at, a in run_in_time(statement, {**values, "limit": limit})]


def count_postings(*, owner_id: UUID, search: Search) -> int:
    """Return how many postings are found."""
    where, values = _where(owner_id, search)
    ((count,),) = run_in_time(f"select count(distinct e.posting_id) {_FROM} {where}", values)
    return int(count)


def sums(*, owner_id: UUID, search: Search, by: str) -> list[Sum]:
    """Return what came and went by a key and by currency, at most 2,000 of them, in key order.

    The parts of a split count, each under its own category.
    """
    where, values = _where(owner_id, search)
    statement = (
        f"select {GROUPS[by]} as key, e.currency,"
        f" coalesce(sum({_AMOUNT}) filter (where e.amount_minor > 0), 0),"
        f" coalesce(sum({_AMOUNT}) filter (where e.amount_minor < 0), 0),"
        " count(distinct (e.posting_id, e.account_id))"
        f" {_FROM} {where} group by 1, 2 order by 1, 2 limit {MOST_GROUPS}"
    )
    return [Sum(k, c, int(i), int(o), int(n)) for k, c, i, o, n in run_in_time(statement, values)]


def exported_entries(*, owner_id: UUID, search: Search, most: int, by_account: bool) -> list[Place]:
    """Return posting and account of every own entry that is found, oldest first.

    At most one more than `most`, so that the caller sees that there are too many.
    """
    where, values = _where(owner_id, search)
    # Everything that is put together here stands above; what people say goes in as values.
    statement = _EXPORTED.format(wanted=f"{_FROM} {where}", order=_EXPORT_ORDERS[by_account])
    return [(i, a) for i, a in run_in_time(statement, {**values, "limit": most + 1})]


def filings(*, posting_ids: Sequence[UUID], owner_id: UUID) -> dict[UUID, Filing]:
    """Return the tags and notes that a customer has put on these postings, by posting."""
    found = Filing.objects.filter(owner_id=owner_id, posting_id__in=posting_ids)
    return {one.posting_id: one for one in found}


def tags_of_owner(*, owner_id: UUID, after: tuple[str] | None, limit: int) -> list[tuple[str, int]]:
    """Return a customer's tags by name, at most `limit` beyond `after`, and how often each is."""
    values = {"owner": owner_id, "limit": limit, "after": after[0] if after else ""}
    return [(tag, int(count)) for tag, count in run_in_time(_TAGS, values)]


def lines_by_reference(*, owner_id: UUID, reference: str, limit: int) -> list[tuple[Any, ...]]:
    """Return a customer's entries of postings with exactly this reference, newest first."""
    where, values = _where(owner_id, Search())
    return _lines(
        f"{where} and p.reference = %(reference)s",
        "e.booked_at desc, e.posting_id desc",
        {**values, "reference": reference, "limit": limit},
    )


def lines_since(
    *, owner_id: UUID, since: datetime, after: UUID | None, limit: int
) -> list[tuple[Any, ...]]:
    """Return a customer's entries since a moment, in the order of posting ids beyond `after`."""
    where, values = _where(owner_id, Search(booked_from=since))
    bound = " and e.posting_id > %(after)s" if after else ""
    return _lines(
        f"{where}{bound}",
        "e.posting_id, e.account_id",
        {**values, "after": after, "limit": limit},
    )


def _lines(where: str, order: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    statement = _LINES.format(
        counterparty=COUNTERPARTY_SQL,
        category=WHOLE_SQL,
        wanted=_FROM_WHOLE,
        bound=where,
        order=order,
    )
    return run_in_time(statement, values)


def own_categories(*, owner_id: UUID) -> list[Category]:
    """Return a customer's own categories, by name."""
    return list(Category.objects.filter(owner_id=owner_id).order_by("name"))


def own_category(*, key: str, owner_id: UUID) -> Category | None:
    """Return a customer's own category by its key, if there is one."""
    try:
        category_id = UUID(key)
    except ValueError:
        return None
    return Category.objects.filter(pk=category_id, owner_id=owner_id).first()


def filing(*, posting_id: UUID, owner_id: UUID) -> Filing:
    """Return the tags and the note that a customer has put on a posting, empty if none."""
    found = Filing.objects.filter(posting_id=posting_id, owner_id=owner_id).first()
    return found or Filing(posting_id=posting_id, owner_id=owner_id, tags=[], note="")


def _where(owner_id: UUID, search: Search) -> tuple[str, dict[str, Any]]:
    own = own_account_ids(owner_id=owner_id)
    for account_id in search.account_ids:
        if account_id not in own:
            raise LedgerAccountNotFound(account_id=str(account_id))
    amount = "abs(e.amount_minor)"
    word = " or ".join(
        f"{text} ilike %(word)s"
        for text in ("p.description", "p.reference", "f.note", COUNTERPARTY_SQL)
    )
    asked: Sequence[tuple[str, str, Any]] = (
        ("e.booked_at >= %(booked_from)s", "booked_from", search.booked_from),
        ("e.booked_at < %(booked_before)s", "booked_before", search.booked_before),
        ("p.effective_date >= %(effective_from)s", "effective_from", search.effective_from),
        ("p.effective_date <= %(effective_until)s", "effective_until", search.effective_until),
        (f"{amount} >= %(least)s", "least", search.least_minor),
        (f"{amount} <= %(most)s", "most", search.most_minor),
        ("e.currency = %(currency)s", "currency", search.currency or None),
        ("p.kind = %(kind)s", "kind", search.kind or None),
        (f"{_CATEGORY} = any (%(categories)s)", "categories", _family(search, owner_id)),
        ("%(tag)s = any (f.tags)", "tag", search.tag.strip().casefold() or None),
        (
            f"({word})",
            "word",
            _pattern(search.word) if search.word else None,
        ),
    )
    conditions = [condition for condition, _, value in asked if value is not None]
    values = {name: value for _, name, value in asked if value is not None}
    conditions += _flags(search)
    values |= {"owner": owner_id, "accounts": list(search.account_ids) or own}
    return "".join(f" and {condition}" for condition in conditions), values


def _flags(search: Search) -> list[str]:
    flags = []
    if search.direction:
        flags.append("e.amount_minor > 0" if search.direction == "in" else "e.amount_minor < 0")
    if search.uncategorised:
        flags.append(f"{_CATEGORY} in ('', 'other')")
    if search.has_note is not None:
        flags.append("f.note > ''" if search.has_note else "coalesce(f.note, '') = ''")
    return flags


def _family(search: Search, owner_id: UUID) -> list[str] | None:
    """Return a category with the customer's own ones under it, however deep."""
    if not search.category:
        return None
    return below(search.category, own_categories(owner_id=owner_id))


def below(key: str, own: Sequence[Category]) -> list[str]:
    """Return a category's key and those of the categories of one's own that hang under it."""
    found = [key]
    for one in found:  # which grows while it is walked
        found += [str(c.id) for c in own if c.parent == one and str(c.id) not in found]
    return found


def _pattern(word: str) -> str:
    literal = word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{literal}%"


def run_in_time(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return what a statement finds; refuse one that takes longer than five seconds."""
    with unit_of_work("transactions"), connections[alias_of("transactions")].cursor() as cursor:
        cursor.execute("select set_config('statement_timeout', %s, true)", [str(_LONGEST_MS)])
        try:
            cursor.execute(statement, values)
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") == _STOPPED:
                raise SearchTooBroad from error
            raise
        return list(cursor.fetchall())
