"""A context moves out and back while it is written to, its mover dying at the worst moment.

Beside it a rehearsal, and a share of the reads that comes back by itself. The full matrix of
faults, contexts and negative controls is `make proof`; this is what every change must pass.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import psycopg
import pytest
import redis

from extraction.database import APPLICATION
from tests.bank import Bank, place, wait_for
from tests.chaos.ledger import PASSWORD, Customer, open_customers
from tests.topologies.commands import ended, superuser
from tests.topologies.numbers import settle
from tests.topologies.proof import database, extraction
from tests.topologies.writers import Load, Readings, kind_of
from vortex.binding.shadow import key_of
from vortex.embedded import endpoints

pytestmark = [pytest.mark.xdist_group("topologies"), pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def bank() -> Iterator[Bank]:
    with place() as directory:
        opened = Bank(directory / "home")
        opened.open(DEMO="0")
        try:
            yield opened
        finally:
            opened.close()


@pytest.fixture(scope="module")
def customers(bank: Bank) -> list[Customer]:
    return open_customers(bank)


def test_the_ledger_moves_out_and_back_under_load_and_nobody_notices(
    bank: Bank, customers: list[Customer]
) -> None:
    """Its mover is killed between the two writes that change the owner; the next run goes on."""
    with database(bank, "transactions") as opened:
        kind = kind_of("transactions", opened)
    with Load(bank, customers, kind, rest_seconds=0.02) as load:
        code, _ = ended(
            "open:within", "move", "transactions", bank=bank, module="tests.topologies.dying"
        )
        told = extraction(bank, "status", "transactions")["transactions"]
        again = extraction(bank, "move", "transactions")
        out = extraction(bank, "status", "transactions")["transactions"]
        back = extraction(bank, "rollback", "transactions")

    assert code == -9
    assert "run the last command again" in told["says"]
    assert again["place"] == out["place"] == "vortex-transaction-service"
    assert out["says"] == ""
    assert back["place"] == "monolith"
    assert load.errors() == []
    with database(bank, "transactions") as opened:
        settle(opened)
        found = kind.verdict(opened)
    assert (found.lost, found.doubled) == (0, 0)
    assert found.writes > 0


def test_a_rehearsal_does_everything_and_hands_nothing_over(
    bank: Bank, customers: list[Customer]
) -> None:
    with database(bank, "transactions") as opened:
        kind = kind_of("transactions", opened)
    with Load(bank, customers, kind, rest_seconds=0.02) as load:
        told = extraction(bank, "move", "transactions", "--rehearse")
        after = extraction(bank, "status", "transactions")["transactions"]

    assert told["place"] == after["place"] == "monolith"
    assert told["pause_ms"] > 0
    assert told["evidence"]["rehearsed"]["differences"] == 0
    assert told["evidence"]["rehearsed"]["rows"] > 0
    assert (after["owner_by_bank"].split()[0], after["says"]) == ("here", "")
    assert load.errors() == []
    assert load.acknowledged() > 0


def test_reads_go_over_and_come_back_by_themselves_where_the_service_is_worse(
    bank: Bank, customers: list[Customer]
) -> None:
    """The service loses its right to look at accounts; replication goes on as if nothing was."""
    extraction(bank, "move", "transactions", "--until", "copy")
    with Load(bank, customers, Readings(), rest_seconds=0.02) as load:
        extraction(bank, "route", "transactions", "100")
        shared = extraction(bank, "status", "transactions")["transactions"]
        before = load.acknowledged()
        wait_for(lambda: load.acknowledged() > before + 20, 60, "the service answers")
        well = load.errors()
        with operator(bank) as service:
            service.execute("revoke select on transactions_posting from vortex_transactions")
            ill = extraction(bank, "route", "transactions", "auto", "--seconds", "3", check=False)
            service.execute("grant select on transactions_posting to vortex_transactions")
        taken_back = extraction(bank, "status", "transactions")["transactions"]
        failed = len(load.errors())
        again = load.acknowledged()
        wait_for(lambda: load.acknowledged() > again + 20, 60, "reads are answered")

    assert (shared["traffic_percent"], well) == (100, [])
    assert ill["exit_code"] == 1
    assert "failed" in ill["error"]
    assert taken_back["traffic_percent"] == 0
    assert failed > 0
    assert len(load.errors()) <= failed + len(customers), "after that, nobody is sent there"


def test_questions_are_asked_of_both_sides_and_what_differs_is_told_by_its_place(
    bank: Bank, customers: list[Customer]
) -> None:
    """A balance on the stand-by is falsified as replication itself could, then put right again."""
    extraction(bank, "move", "transactions", "--until", "copy")
    extraction(bank, "route", "transactions", "shadow")
    address = f"/api/accounts/{customers[0].account_id}/balance"
    falsify = "update transactions_account set booked_minor = booked_minor + %s where id = %s"
    with bank.client(customers[0].email, PASSWORD) as client, operator(bank) as service:
        wait_for(lambda: asked(bank, client, address).get("same"), 60, "both answer alike")
        service.execute("set session_replication_role = replica")
        # With an origin, as what replication writes has one: it does not travel back to the owner.
        service.execute("select pg_replication_origin_create('falsified')")
        service.execute("select pg_replication_origin_session_setup('falsified')")
        service.execute(falsify, (1, customers[0].account_id))
        wait_for(lambda: asked(bank, client, address).get("differs"), 60, "it is found out")
        service.execute(falsify, (-1, customers[0].account_id))
        told = extraction(bank, "verify", "transactions")["shadow"]
        extraction(bank, "route", "transactions", "0")

    assert told["differs"] >= 1
    assert [place for place in told if place.startswith("at transactions.") and "booked" in place]


def asked(bank: Bank, client: httpx.Client, address: str) -> dict[str, int]:
    """Ask once more and return what has been compared so far."""
    assert client.get(address).status_code == 200
    found = endpoints.read(bank.home)
    assert found is not None
    with redis.Redis.from_url(found["VORTEX_CACHE_URL"], decode_responses=True) as cache:
        counts: dict[str, str] = cache.hgetall(key_of("transactions"))
    return {outcome: int(number) for outcome, number in counts.items()}


@contextmanager
def operator(bank: Bank) -> Iterator[psycopg.Connection[Any]]:
    """Open the service's database as the mover does, whom the freeze of DDL lets through."""
    url = superuser(bank, "transactions", service=True)
    with psycopg.connect(url, autocommit=True, application_name=APPLICATION) as opened:
        yield opened
