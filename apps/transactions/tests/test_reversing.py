"""Reversals: a part, another part, never more than there was, and never a reversal of one."""

from typing import Any
from uuid import UUID

import pytest

from apps.transactions.contracts import (
    AlreadyReversed,
    Leg,
    PartialReversalRefused,
    Posting,
    PostingIdReused,
    ReversalExceedsOriginal,
)
from apps.transactions.models import Account
from apps.transactions.services.posting import post
from apps.transactions.services.reversing import reverse
from apps.transactions.services.verifying import LAWS, breaches_of
from apps.transactions.tests.test_api import account_of, body, send
from apps.transactions.tests.test_at_once import account_with, at_once, transfer
from vortex.db import alias_of
from vortex.errors import Refusal
from vortex.ids import new_id
from vortex.testing import client_of, person

pytestmark = pytest.mark.django_db(transaction=True, databases=[alias_of("transactions")])


def undo(original: UUID, minor: int | None, posting_id: UUID | None = None) -> Any:
    """Undo a part of a posting, or what is left of it."""
    return reverse(
        posting_id=posting_id or new_id(),
        original_id=original,
        reason="wrong",
        actor_id=None,
        amount_minor=minor,
    )


def of(account_id: UUID) -> int:
    """Return the booked balance."""
    return int(Account.objects.get(pk=account_id).booked_minor)


def laws_hold() -> bool:
    """Say whether no law is broken."""
    return not [breach for law in LAWS for breach in breaches_of(law)]


def test_parts_add_up_to_the_whole_and_no_further() -> None:
    alice, bob = account_with(500), account_with(0)
    original = post(transfer(alice, bob, 100)).posting_id

    undo(original, 30)
    undo(original, 30)
    with pytest.raises(ReversalExceedsOriginal):
        undo(original, 41)
    undo(original, None)
    with pytest.raises(AlreadyReversed):
        undo(original, 1)

    assert (of(alice), of(bob)) == (500, 0)
    assert laws_hold()


def test_a_part_sent_twice_is_undone_once() -> None:
    alice, bob = account_with(500), account_with(0)
    original, once = post(transfer(alice, bob, 100)).posting_id, new_id()

    assert undo(original, 30, once).replayed is False
    assert undo(original, 30, once).replayed is True
    with pytest.raises(PostingIdReused):
        undo(original, 31, once)

    assert of(bob) == 70


def test_after_the_whole_nothing_is_left_and_the_same_call_is_a_replay() -> None:
    alice, bob = account_with(500), account_with(0)
    original, once = post(transfer(alice, bob, 100)).posting_id, new_id()
    undo(original, None, once)

    assert undo(original, None, once).replayed is True
    with pytest.raises(AlreadyReversed):
        undo(original, 1)
    with pytest.raises(AlreadyReversed):
        undo(once, None)


@pytest.mark.parametrize("part", [30, None])
def test_a_reversal_is_not_reversed(part: int | None) -> None:
    alice, bob = account_with(500), account_with(0)
    original = post(transfer(alice, bob, 100)).posting_id
    mirror = undo(original, part).posting_id

    with pytest.raises(AlreadyReversed):
        undo(mirror, None)


def test_a_posting_of_three_legs_is_undone_whole_or_not() -> None:
    alice, bob, carol = account_with(500), account_with(0), account_with(0)
    legs = tuple(
        Leg(account_id=account, amount_minor=minor, currency="EUR")
        for account, minor in ((alice, -100), (bob, 60), (carol, 40))
    )
    original = post(Posting(posting_id=new_id(), legs=legs)).posting_id

    with pytest.raises(PartialReversalRefused):
        undo(original, 50)
    undo(original, None)

    assert (of(alice), of(bob), of(carol)) == (500, 0, 0)
    assert laws_hold()


def test_parts_at_once_never_undo_more_than_there_was() -> None:
    alice, bob = account_with(500), account_with(500)
    original = post(transfer(alice, bob, 100)).posting_id

    outcomes = at_once([lambda: undo(original, 30) for _ in range(12)])
    outcomes += at_once([lambda: undo(original, None) for _ in range(4)])

    assert len([o for o in outcomes if not isinstance(o, Refusal)]) == 4
    assert of(bob) == 500
    assert laws_hold()


def test_staff_undo_a_part_over_http_in_the_currency_of_the_transaction() -> None:
    alice = person()
    source, target = account_of(alice, 1000), account_of(person())
    made = send(client_of(alice), body(source, target, "5.00")).data["id"]
    staff = client_of(person("support_agent"))

    def asked(amount: str, currency: str = "EUR") -> Any:
        what = {"reason": "half", "amount": {"amount": amount, "currency": currency}}
        return send(staff, what, path=f"/{made}/reverse")

    assert asked("2.00").status_code == 201
    assert asked("3.01").data["code"] == "reversal_exceeds_original"
    assert asked("1.00", "GBP").data["code"] == "currency_mismatch"
    assert (of(source), of(target)) == (700, 300)
