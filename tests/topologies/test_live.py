"""A context moves out and back while it is written to, its mover dying at the worst moment.

Beside it a rehearsal, replayed writes, and a share of the reads that comes back by itself. The full
matrix of
faults, contexts and negative controls is `make proof`; this is what every change must pass.
"""

import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec
import psycopg
import pytest
import redis

from extraction.database import APPLICATION
from extraction.topology import read
from tests.bank import Bank, place, wait_for
from tests.chaos.ledger import PASSWORD, Customer, open_customers
from tests.topologies.commands import begun, ended, superuser
from tests.topologies.numbers import settle
from tests.topologies.proof import database, extraction
from tests.topologies.writers import Load, Readings, kind_of
from vortex.binding import rehearsal
from vortex.binding.shadow import key_of
from vortex.embedded import endpoints
from vortex.ids import new_id
from vortex.topology import Route

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


def test_a_gateway_of_others_gives_the_shares_and_who_writes_reads_what_they_wrote(
    bank: Bank, customers: list[Customer]
) -> None:
    """The service's own address stands for what Kong or Istio sends to it; it counts hand-overs."""
    extraction(bank, "move", "transactions", "--until", "copy")
    extraction(bank, "route", "transactions", "outer", "--seconds", "0")
    found = endpoints.read(bank.home / "services" / "transactions")
    assert found is not None
    address = f"{found['VORTEX_SELF_URL']}/api/transactions?limit=1"
    with bank.client(customers[0].email, PASSWORD) as client:
        begun = handed_on(found)
        client.get(address).raise_for_status()
        read = handed_on(found) - begun
        paid = client.post(
            f"{found['VORTEX_SELF_URL']}/api/transactions",
            json={
                "source_account_id": customers[0].account_id,
                "target_account_id": customers[1].account_id,
                "amount": {"amount": "0.01", "currency": "EUR"},
            },
            headers={"Idempotency-Key": new_id().hex},
        )
        own = client.get(address)
        wrote = handed_on(found) - begun
        extraction(bank, "route", "transactions", "0")
        client.get(address).raise_for_status()
        taken_back = handed_on(found) - begun

    assert paid.status_code == 201, paid.text
    assert own.json()["items"][0]["id"] == paid.json()["id"]
    assert (read, wrote, taken_back) == (0, 2, 3)


def handed_on(service: dict[str, str]) -> int:
    """Return how many requests a service's door has handed to the owner of the data."""
    token = {"Authorization": f"Bearer {service['VORTEX_METRICS_TOKEN']}"}
    shown = httpx.get(f"{service['VORTEX_SELF_URL']}/metrics", headers=token, timeout=30).text
    counts = re.findall(r'vortex_http_forwarded_total\{context="transactions"\} ([0-9.]+)', shown)
    return int(sum(map(float, counts)))


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


def test_commands_are_replayed_on_the_stand_by_and_nothing_of_them_stays(
    bank: Bank, customers: list[Customer]
) -> None:
    """Its own code does the same; code that gives other limits is found out, by its place."""
    extraction(bank, "move", "transactions", "--until", "copy")
    alike = rehearsed(bank, customers[0], "same")
    double = f"{sys.executable} -m tests.topologies.otherwise transactions"
    other = rehearsed(bank, customers[1], "differs", VORTEX_MOVE_REHEARSE=double)
    told = extraction(bank, "verify", "transactions")
    extraction(bank, "route", "transactions", "0")

    assert alike["writes"]["same"] >= 1
    assert "differs" not in alike["writes"], alike
    assert other["exit_code"] == 1
    assert "transactions.Ledger.open_account /said/answer/overdraft_minor" in other["error"]
    assert "/rows/transactions_account/insert/*/overdraft_minor" in other["error"]
    assert told["rehearsed"]["differs"] >= 1
    assert told["differences"] == 0, "the stand-by holds what the owner holds, and no more"
    with operator(bank) as service:
        left = service.execute(
            "select (select count(*) from pg_namespace where nspname = 'extraction_shadow')"
            " + (select count(*) from pg_trigger where tgname = 'extraction_note')"
        ).fetchone()
    assert left == (0,)


def test_requests_are_replayed_on_the_stand_by_and_nothing_of_them_stays(
    bank: Bank, customers: list[Customer]
) -> None:
    """Under load none differs; a trigger that the owner has not is found out, by its place."""
    extraction(bank, "move", "transactions", "--until", "copy")
    with database(bank, "transactions") as opened:
        kind = kind_of("transactions", opened)
    pay = {"target_account_id": customers[1].account_id}
    others = customers[2:]
    with Load(bank, others, kind, rest_seconds=0.05) as load:
        alike = rehearsed(bank, customers[0], "same", pay, times=3)
    with operator(bank) as service:
        service.execute(_PLANTED.encode())
        try:
            other = rehearsed(bank, customers[0], "differs", pay)
        finally:
            service.execute("drop function planted cascade")
    told = extraction(bank, "verify", "transactions")
    extraction(bank, "route", "transactions", "0")

    assert "differs" not in alike["writes"], alike
    assert load.errors() == []
    assert other["exit_code"] == 1
    assert "POST /api/transactions /rows/transactions_posting/insert/*/category" in other["error"]
    assert told["differences"] == 0, "the stand-by holds what the owner holds, and no more"


_PLANTED = """
create function planted() returns trigger language plpgsql as
  $$ begin new.category := 'planted'; return new; end $$;
create trigger planted before insert on transactions_posting
  for each row execute function planted();
"""


def rehearsed(
    bank: Bank,
    customer: Customer,
    until: str,
    pay: dict[str, str] | None = None,
    *,
    times: int = 1,
    **more: str,
) -> dict[str, Any]:
    """Replay writes of a customer who opens accounts, or pays, until some ended so; then Ctrl-C."""
    words = ("route", "transactions", "shadow", "--writes", "--seconds", "240", "--json")
    with (
        bank.client(customer.email, PASSWORD) as client,
        begun(*words, bank=bank, **more) as command,
    ):
        wait_for(lambda: replays_begin(bank), 120, "replaying begins", bank.said)

        def counted() -> dict[str, int]:
            if pay is None:
                return counted_after_opening(bank, client)
            return counted_after_paying(bank, client, customer, pay)

        wait_for(lambda: counted().get(until, 0) >= times, 120, f"{times} are {until}")
        command.send_signal(signal.SIGINT)
        said, _ = command.communicate(timeout=150)
    answer: dict[str, Any] = msgspec.json.decode(said.strip().splitlines()[-1])
    return answer | {"exit_code": command.returncode}


def replays_begin(bank: Bank) -> bool:
    routes = read(bank.home / "run" / "topology.json").contexts
    return routes.get("transactions", Route()).percent > 0


def counted_after_opening(bank: Bank, client: httpx.Client) -> dict[str, int]:
    """Open an account, which commands the ledger; return how replays have ended so far."""
    answer = client.post(
        "/api/accounts",
        json={"product": "savings", "currency": "EUR", "nickname": "Rainy days"},
        headers={"Idempotency-Key": new_id().hex},
    )
    assert answer.status_code in (201, 422), answer.text  # 422: twenty are open, and enough
    return counts_in(bank, rehearsal.key_of("transactions"))


def counted_after_paying(
    bank: Bank, client: httpx.Client, customer: Customer, pay: dict[str, str]
) -> dict[str, int]:
    """Pay somebody; return how replays have ended so far."""
    amount = {"amount": "0.01", "currency": "EUR"}
    answer = client.post(
        "/api/transactions",
        json={"source_account_id": customer.account_id, "amount": amount} | pay,
        headers={"Idempotency-Key": new_id().hex},
    )
    assert answer.status_code == 201, answer.text
    return counts_in(bank, rehearsal.key_of("transactions"))


def asked(bank: Bank, client: httpx.Client, address: str) -> dict[str, int]:
    """Ask once more and return what has been compared so far."""
    assert client.get(address).status_code == 200
    return counts_in(bank, key_of("transactions"))


def counts_in(bank: Bank, key: str) -> dict[str, int]:
    found = endpoints.read(bank.home)
    assert found is not None
    with redis.Redis.from_url(found["VORTEX_CACHE_URL"], decode_responses=True) as cache:
        counts: dict[str, str] = cache.hgetall(key)
    return {outcome: int(number) for outcome, number in counts.items()}


@contextmanager
def operator(bank: Bank) -> Iterator[psycopg.Connection[Any]]:
    """Open the service's database as the mover does, whom the freeze of DDL lets through."""
    url = superuser(bank, "transactions", service=True)
    with psycopg.connect(url, autocommit=True, application_name=APPLICATION) as opened:
        yield opened
