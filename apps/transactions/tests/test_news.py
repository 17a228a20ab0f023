"""What a posting tells: each owner their own side, and an overdraft when it is drawn."""

from typing import Any

import msgspec
import pytest

from apps.transactions.handlers import tell_of_overdrafts, tell_the_owners
from apps.transactions.models import Account
from apps.transactions.tests.outbox import events, said
from apps.transactions.tests.test_api import account_of, body, send
from vortex.contracts import Principal
from vortex.db import alias_of, unit_of_work
from vortex.testing import client_of, person, sockets

pytestmark = pytest.mark.django_db(transaction=True, databases=[alias_of("transactions")])


def told(owner: Principal) -> list[tuple[str, Any]]:
    """Return what a person's socket would say; it knows one stream, its own, and no other."""
    return [(one.type, msgspec.json.decode(one.data)) for one in sockets.heard(owner.user_id)]


def test_each_owner_is_told_their_own_side_and_nothing_of_the_others_account() -> None:
    alice, bob, eve = person(), person(), person()
    assert [told(one) for one in (alice, bob, eve)] == [[], [], []]  # they listen from here on
    source, target = account_of(alice, 1000), account_of(bob, 77_700)
    asked = body(source, target, "2.50") | {"counterparty": "that crook", "category": "gifts"}
    made = send(client_of(alice), asked).data["id"]

    with unit_of_work("transactions"):
        tell_the_owners([event for event in events() if str(event.posting_id) == made])

    (posted, _), (heard, changed) = told(alice), told(bob)
    assert (posted[1]["amount"]["amount"], posted[1]["counterparty"]) == ("-2.50", "that crook")
    assert (heard[1]["amount"]["amount"], heard[1]["counterparty"]) == ("2.50", "")
    assert changed == (
        "balance.changed",
        {
            "account_id": str(target),
            "booked": {"amount": "779.50", "currency": "EUR"},
            "version": 2,
        },
    )
    assert str(source) not in str(told(bob))
    assert told(eve) == []


def test_many_postings_together_tell_each_balance_once_as_it_is_after_the_last() -> None:
    alice, bob = person(), person()
    assert [told(one) for one in (alice, bob)] == [[], []]
    source, other, target = account_of(alice, 1000), account_of(alice, 500), account_of(bob)
    for _ in range(5):
        send(client_of(alice), body(source, target, "1.00"))
    send(client_of(alice), body(other, target, "2.00"))

    with unit_of_work("transactions"):
        tell_the_owners(list(reversed(events())))  # whatever the order in which they come

    by_account = {
        said["account_id"]: said["booked"]["amount"]
        for kind, said in told(alice)
        if kind == "balance.changed"
    }
    kinds = [kind for kind, _ in told(alice)]
    assert by_account == {str(source): "5.00", str(other): "3.00"}
    # Six of hers, and the two that filled her accounts.
    assert (kinds.count("transaction.posted"), kinds.count("balance.changed")) == (6 + 2, 2)
    assert [kind for kind, _ in told(bob)].count("balance.changed") == 1


def test_an_overdraft_is_said_when_a_posting_draws_it_and_not_while_it_stays_drawn() -> None:
    alice = person()
    source, target = account_of(alice, 100), account_of(person())
    Account.objects.filter(pk=source).update(overdraft_minor=1000)
    for amount in ("1.00", "0.50", "0.25"):
        send(client_of(alice), body(source, target, amount))

    with unit_of_work("transactions"):
        tell_of_overdrafts(events())

    (drawn,) = said("balance.overdraft_drawn")
    assert (drawn["account_id"], drawn["owner_id"]) == (str(source), str(alice.user_id))
    assert (drawn["balance_minor"], drawn["version"]) == (-50, 3)
