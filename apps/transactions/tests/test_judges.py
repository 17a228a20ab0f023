"""Another context that judges payments: asked with all it needs, and shut where it is away."""

import pytest

from apps.transactions.adapters import judges
from apps.transactions.tests.outbox import said as events
from apps.transactions.tests.test_api import booked
from apps.transactions.tests.test_holding import held
from apps.transactions.tests.test_reviews import World
from vortex.contracts import Service, Value, query
from vortex.db import alias_of
from vortex.errors import Unavailable
from vortex.testing import stub

pytestmark = pytest.mark.django_db(transaction=True, databases=[alias_of("transactions")])


class Said(Value):
    """What a judge says of a payment."""

    decision: str
    reasons: tuple[str, ...] = ()


class Watcher(Service, context="sample", version=99):
    """Another context that judges payments, as settings may name one."""

    @query()
    def judge(self, *, payments: tuple[judges.Asked, ...]) -> tuple[Said, ...]:
        """Judge payments in their order."""
        ...


class Suspicious(Watcher):
    """Looks at everything, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[judges.Asked] = []

    def judge(self, *, payments: tuple[judges.Asked, ...]) -> tuple[Said, ...]:
        self.asked += payments
        return tuple(Said(decision="review", reasons=("watched",)) for _ in payments)


class Away(Watcher):
    """Cannot be reached."""

    def judge(self, *, payments: tuple[judges.Asked, ...]) -> tuple[Said, ...]:
        raise Unavailable


def test_another_context_is_asked_with_all_it_needs_and_the_stricter_verdict_counts(
    settings,
) -> None:
    world, watcher = World(), Suspicious()
    settings.VORTEX_PAYMENT_JUDGE = f"{__name__}.Watcher"

    with stub(Watcher, watcher):
        held_back, unseen = world.pay("300.00"), world.pay("249.99")
        both = world.pay("2000.00")

    assert [one.status_code for one in (held_back, unseen, both)] == [202, 201, 202]
    asked = watcher.asked[0]
    assert (asked.payer_id, asked.account_id) == (world.alice.user_id, world.source)
    assert (asked.target_account_id, asked.amount_minor) == (world.target, 30_000)
    reasons = [event["reasons"] for event in events("transaction.review_required")]
    assert reasons == [["watched"], ["new_payee", "watched"]]


def test_a_judge_that_cannot_be_reached_closes_the_gate_above_a_level_and_not_below(
    settings,
) -> None:
    world = World()
    settings.VORTEX_PAYMENT_JUDGE = f"{__name__}.Watcher"

    with stub(Watcher, Away()):
        below, above = world.pay("999.99"), world.pay("1000.00")

    assert below.status_code == 201
    assert (above.status_code, above.data["code"]) == (503, "transaction_check_unavailable")
    assert above.headers["Retry-After"] == "5"
    assert (booked(world.target), held(world.source)) == (99_999, 0)
