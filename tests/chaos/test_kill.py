"""Every process of the bank is killed under load; nothing acknowledged is lost or doubled."""

import psycopg
import pytest

from tests.bank import Bank, place, wait_for
from tests.chaos.ledger import OPENING_MINOR, Load, Log, open_customers

VICTIMS = ("web", "relay", "consumers", "worker", "postgres", "valkey")
BETWEEN_KILLS = 40  # acknowledged transfers


@pytest.mark.xdist_group("chaos")
@pytest.mark.timeout(600)
def test_nothing_acknowledged_is_lost_or_doubled_whatever_is_killed() -> None:
    with place() as directory:
        _kill_everything_under_load(Bank(directory / "home"))


def _kill_everything_under_load(bank: Bank) -> None:
    bank.open(DEMO="0")
    try:
        customers = open_customers(bank)
        with Load(bank, customers) as load:
            for victim in VICTIMS:
                _go_on(bank, load, before=f"{victim} dies")
                bank.kill(victim)
            _go_on(bank, load, before="the end")
            wait_for(bank.ready, 60, "the bank is ready again", bank.said)

        with psycopg.connect(_database(bank, "transactions"), autocommit=True) as ledger:
            _nothing_is_lost_or_doubled(ledger, load.log)
            _money_is_conserved(ledger, [customer.account_id for customer in customers])
            _every_event_is_handled_once(bank, ledger)
        assert "0 breaks of" in bank.manage("ledger", "verify")
        assert load.log.acknowledged
    finally:
        bank.close()


def _go_on(bank: Bank, load: Load, *, before: str) -> None:
    """Wait until so many more transfers have been acknowledged."""
    goal = load.acknowledged() + BETWEEN_KILLS
    wait_for(
        lambda: load.acknowledged() >= goal,
        120,
        f"{BETWEEN_KILLS} transfers before {before}",
        bank.said,
    )


def _nothing_is_lost_or_doubled(ledger: psycopg.Connection, log: Log) -> None:
    """Every acknowledged transfer stands once, and no transfer stands that nobody was told of."""
    assert not log.unanswered
    rows = ledger.execute(
        "select id::text from transactions_posting where description = 'under fire'"
    ).fetchall()
    posted = [str(row[0]) for row in rows]
    acknowledged = list(log.acknowledged.values())
    assert len(posted) == len(set(posted))
    assert len(acknowledged) == len(set(acknowledged)), "two keys were answered with one posting"
    assert set(posted) == set(acknowledged)


def _money_is_conserved(ledger: psycopg.Connection, accounts: list[str]) -> None:
    total = ledger.execute(
        "select coalesce(sum(amount_minor), 0) from transactions_entry"
    ).fetchone()
    assert total == (0,)
    held = ledger.execute(
        "select sum(booked_minor) from transactions_account where id = any(%s::uuid[])", [accounts]
    ).fetchone()
    assert held == (OPENING_MINOR * len(accounts),)


def _every_event_is_handled_once(bank: Bank, ledger: psycopg.Connection) -> None:
    """The outbox empties, and the inbox of the one consumer holds each posting's event once.

    The inbox row is written in the handler's own transaction, so one row is one handling.
    """

    def waiting() -> int:
        row = ledger.execute("select count(*) from outbox_message").fetchone()
        return int(row[0]) if row else 0

    def handled() -> int:
        row = ledger.execute(
            "select count(*) from inbox_seen where consumer = 'transactions.tell_the_owners'"
        ).fetchone()
        return int(row[0]) if row else 0

    row = ledger.execute("select count(*) from transactions_posting").fetchone()
    postings = int(row[0]) if row else 0
    wait_for(lambda: waiting() == 0, 60, "the outbox empties", lambda: str(waiting()))
    wait_for(
        lambda: handled() == postings,
        60,
        "every event is handled",
        lambda: f"{handled()} of {postings}\n{bank.said()}",
    )
    troubles = ledger.execute(
        "select (select count(*) from outbox_parked), (select count(*) from inbox_parked),"
        " (select count(*) from inbox_gap)"
    ).fetchone()
    assert troubles == (0, 0, 0)


def _database(bank: Bank, context: str) -> str:
    from vortex.embedded import endpoints

    found = endpoints.read(bank.home)
    assert found is not None
    return found[f"VORTEX_{context.upper()}_DATABASE_URL"]
