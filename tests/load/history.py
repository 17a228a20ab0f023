"""A long history for the bank: millions of postings that keep every law, made by PostgreSQL itself.

Each round is a ring: all who read pay the next one a cent, so everybody has what they had before.
"""

import os
from typing import Final

import psycopg

from tests.load.bank import Bank

_ROUNDS_AT_ONCE: Final = 50
_DAYS: Final = 700  # over which the history is spread
_GROW: Final = """
with ring as materialized (
  select id, version, booked_minor, row_number() over (order by id) - 1 as place,
         count(*) over () as size
    from transactions_account where name = 'reader'
), made as materialized (
  select r.place, n.round, uuidv7() as id, (r.place + 1) %% r.size as next,
         now() - interval '1 day' * %(days)s
           + interval '1 day' * %(days)s * (%(done)s + n.round) / %(all)s as booked_at
    from ring r cross join generate_series(0, %(rounds)s - 1) n (round)
), posted as (
  insert into transactions_posting (id, content_hash, kind, description, category, counterparty,
    reference, booked_at, effective_date)
  select id, ''::bytea, 'transfer', 'History', 'transfers', '', '', booked_at, booked_at::date
    from made
)
insert into transactions_entry
  (account_id, version, posting_id, amount_minor, currency, balance_after_minor, booked_at)
select r.id, r.version + 2 * m.round + case when (r.place = 0) = (sign = -1) then 1 else 2 end,
       m.id, sign, 'EUR',
       r.booked_minor + case when (r.place = 0) = (sign = -1) then sign else 0 end, m.booked_at
  from made m cross join (values (-1), (1)) s (sign)
  join ring r on r.place = case when sign = -1 then m.place else m.next end
"""
# What was sent before may still be at work: it has committed once the accounts are locked.
_LOCK: Final = """
select id from transactions_account where name = 'reader' order by id for update
"""
_VERSIONS: Final = """
update transactions_account set version = version + 2 * %(rounds)s where name = 'reader'
"""


def grow(bank: Bank, postings: int) -> int:
    """Add at least so many postings; return how many were added."""
    people = int(bank.ask("select count(*) from transactions_account where name = 'reader'"))
    rounds = -(-postings // people)
    url = os.environ["VORTEX_TRANSACTIONS_DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        for done in range(0, rounds, _ROUNDS_AT_ONCE):
            said = {
                "rounds": min(_ROUNDS_AT_ONCE, rounds - done),
                "done": done,
                "all": rounds,
                "days": _DAYS,
            }
            with connection.transaction():
                connection.execute("select set_config('transactions.engine', 'on', true)")
                connection.execute(_LOCK)
                connection.execute(_GROW, said)
                connection.execute(_VERSIONS, said)
        connection.execute("vacuum analyze transactions_entry, transactions_posting")
        connection.execute("vacuum analyze transactions_account")
    return rounds * people
