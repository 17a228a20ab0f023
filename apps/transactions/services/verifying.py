"""The ledger's laws, asked of every row: what the engine promises, proved after the fact."""

from dataclasses import dataclass
from typing import Final

from django.db import connections

from vortex.db import alias_of


@dataclass(frozen=True)
class Law:
    """A law, and the statement that lists breaches of it: what is broken, and how."""

    name: str
    breaches: str


LAWS: Final = (
    Law(
        "the entries of all postings sum to zero per currency",
        "select currency, sum(amount_minor)::text from transactions_entry"
        " group by currency having sum(amount_minor) <> 0",
    ),
    Law(
        "the entries of each posting sum to zero per currency",
        "select posting_id::text, currency || ' ' || sum(amount_minor) from transactions_entry"
        " group by posting_id, currency having sum(amount_minor) <> 0",
    ),
    Law(
        "the balance of an account is the sum of its entries",
        "select a.id::text, a.booked_minor || ' is not ' || coalesce(sum(e.amount_minor), 0)"
        " from transactions_account a left join transactions_entry e on e.account_id = a.id"
        " group by a.id having a.booked_minor <> coalesce(sum(e.amount_minor), 0)",
    ),
    Law(
        "each entry carries the balance after it",
        "select account_id::text, 'version ' || version from ("
        " select account_id, version, balance_after_minor, sum(amount_minor)"
        " over (partition by account_id order by version) as running from transactions_entry) e"
        " where balance_after_minor <> running",
    ),
    Law(
        "the versions of an account have no gap",
        "select a.id::text, a.version || ' versions, ' || count(e.version) || ' entries up to '"
        " || coalesce(max(e.version), 0) from transactions_account a"
        " left join transactions_entry e on e.account_id = a.id group by a.id"
        " having count(e.version) <> a.version or coalesce(max(e.version), 0) <> a.version",
    ),
    Law(
        "each entry belongs to a posting of its moment and to an account of its currency",
        "select e.posting_id::text, e.account_id::text from transactions_entry e"
        " left join transactions_posting p on p.id = e.posting_id and p.booked_at = e.booked_at"
        " left join transactions_account a on a.id = e.account_id and a.currency = e.currency"
        " where p.id is null or a.id is null",
    ),
    Law(
        "each posting has entries",
        "select p.id::text, p.kind from transactions_posting p where not exists"
        " (select from transactions_entry e"
        " where e.posting_id = p.id and e.booked_at = p.booked_at)",
    ),
    Law(
        "no account is below its limit",
        "select id::text, booked_minor::text from transactions_account"
        " where kind = 'customer' and booked_minor - held_minor < -overdraft_minor",
    ),
    Law(
        "an account at another bank is open to imports alone",
        "select id::text, 'it is not frozen' from transactions_account"
        " where kind = 'external' and not (debits_frozen and credits_frozen)",
    ),
    Law(
        "what an account holds back is the sum of its open holds",
        "select a.id::text, a.held_minor || ' is not ' || coalesce(sum(h.amount_minor), 0)"
        " from transactions_account a left join transactions_hold h"
        " on h.account_id = a.id and h.state = 'placed' group by a.id"
        " having a.held_minor <> coalesce(sum(h.amount_minor), 0)",
    ),
    Law(
        "what is under review is set aside, and what was rejected is free",
        "select r.id::text, r.state || ', but its money is ' || coalesce(h.state, 'nowhere')"
        " from transactions_review r left join transactions_hold h on h.id = r.id"
        " where r.state <> 'denied' and (h.id is null"
        " or (r.state = 'open' and h.state <> 'placed')"
        " or (r.state = 'rejected' and h.state <> 'released')"
        " or (r.state = 'lapsed' and h.state in ('placed', 'settled')))",
    ),
    Law(
        "a settled hold took at most what it set aside, by a posting that exists",
        "select h.id::text, h.settled_minor || ' of ' || h.amount_minor from transactions_hold h"
        " left join transactions_entry e on e.posting_id = h.posting_id"
        " and e.account_id = h.account_id where h.state = 'settled'"
        " and (e.amount_minor is null or -e.amount_minor <> h.settled_minor)",
    ),
    Law(
        "no more of a posting is undone than there was",
        "select u.original_id::text, u.undone_minor || ' is not what its reversals undid'"
        " from transactions_undone u where u.undone_minor <> (select coalesce(sum(amount_minor), 0)"
        " from transactions_partial_reversal r where r.original_id = u.original_id)"
        " + case when exists (select from transactions_reversal w"
        " where w.original_id = u.original_id) then u.total_minor else 0 end",
    ),
    Law(
        "the parts of a split add up to what its customer's account was charged or given",
        "select s.posting_id::text, s.owner_id::text from (select owner_id, posting_id,"
        " sum(amount_minor) as total from transactions_split group by 1, 2) s"
        " where s.total is distinct from (select sum(e.amount_minor) from transactions_entry e"
        " join transactions_account a on a.id = e.account_id and a.owner_id = s.owner_id"
        " where e.posting_id = s.posting_id)",
    ),
    Law(
        "each reversal undoes a posting that exists",
        "select r.posting_id::text, r.original_id::text from transactions_reversal r"
        " left join transactions_posting o on o.id = r.original_id"
        " left join transactions_posting p on p.id = r.posting_id"
        " where o.id is null or p.id is null or p.reverses_id <> r.original_id",
    ),
)


def breaches_of(law: Law, *, most: int = 20) -> list[str]:
    """Return what breaks a law, at most so many sentences; an empty list is what one hopes for."""
    with connections[alias_of("transactions")].cursor() as cursor:
        cursor.execute(f"{law.breaches} limit %s", (most,))
        return [f"{what}: {how}" for what, how in cursor.fetchall()]


def totals() -> list[tuple[str, int, int, int]]:
    """Return the trial balance: per currency the debits, the credits and how many entries.

    Amounts are in minor units; debits are negative, and the two sum to zero.
    """
    with connections[alias_of("transactions")].cursor() as cursor:
        cursor.execute(
            "select currency, coalesce(sum(amount_minor) filter (where amount_minor < 0), 0),"
            " coalesce(sum(amount_minor) filter (where amount_minor > 0), 0), count(*)"
            " from transactions_entry group by currency order by currency"
        )
        return [(str(c), int(d), int(k), int(n)) for c, d, k, n in cursor.fetchall()]
