"""A context moves out and back while it is written to, its mover dying at the worst moment.

Beside it a rehearsal. The full matrix of
faults, contexts and negative controls is `make proof`; this is what every change must pass.
"""

from collections.abc import Iterator

import pytest

from tests.bank import Bank, place
from tests.chaos.ledger import Customer, open_customers
from tests.topologies.commands import ended
from tests.topologies.proof import database, extraction, settle
from tests.topologies.writers import Load, kind_of

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
