"""What the gate lets through: every rule by itself, and the stricter of two verdicts."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.transactions.contracts import Decision
from apps.transactions.domain.gate import Past, Payment, Policy, Verdict, judge, strictest
from vortex.ids import new_id
from vortex.money import Money

FRIEND, STRANGER = new_id(), new_id()
PAYER, ACCOUNT = new_id(), new_id()


def payment(euros: int, target: UUID = FRIEND, currency: str = "EUR") -> Payment:
    amount = Money(Policy().level(euros, currency), currency)
    return Payment(new_id(), PAYER, ACCOUNT, target, amount)


def judged(*payments: Payment, policy: Policy | None = None, **past: object) -> list[Verdict]:
    known = Past(settled_payees=frozenset({FRIEND}), **past)  # type: ignore[arg-type]
    return judge(payments, known, policy or Policy())


@pytest.mark.parametrize("currency", ["EUR", "JPY", "NGN", "USD"])
def test_each_rule_begins_at_its_level_and_not_before_in_any_currency(currency: str) -> None:
    friend = [payment(euros, FRIEND, currency) for euros in (14_999, 15_000)]
    stranger = [payment(euros, STRANGER, currency) for euros in (1_999, 2_000)]

    by_amount = [judged(one)[0].reasons for one in friend]
    by_payee = [judged(one)[0].reasons for one in stranger]

    assert by_amount == [(), ("large_amount",)]
    assert by_payee == [(), ("new_payee",)]


def test_small_payments_to_new_payees_add_up_within_a_request_and_a_day() -> None:
    four = [payment(1_500, target) for target in (STRANGER, new_id(), FRIEND, new_id(), new_id())]

    at_once = [one.reasons for one in judged(*four)]
    after_others = judged(payment(1_500, STRANGER), to_new_payees_minor={"EUR": 350_000})[0]
    in_another_currency = judged(payment(1_500, STRANGER), to_new_payees_minor={"USD": 350_000})[0]

    assert at_once == [(), (), (), (), ("much_to_new_payees",)]
    assert after_others.decision is Decision.REVIEW
    assert in_another_currency.decision is Decision.ALLOW


@pytest.mark.parametrize(
    ("payments", "decision"),
    [(29, Decision.ALLOW), (30, Decision.REVIEW), (119, Decision.REVIEW), (120, Decision.DENY)],
)
def test_many_payments_in_an_hour_are_looked_at_and_too_many_are_not_made(
    payments: int, decision: Decision
) -> None:
    (verdict,) = judged(payment(300), payments_last_hour=payments)

    assert verdict.decision is decision


def test_an_account_that_the_bank_does_not_pay_is_noticed_and_denied_whatever_the_amount() -> None:
    policy = Policy(denied_accounts=frozenset({STRANGER}))

    (verdict,) = judged(payment(1, STRANGER), policy=policy)

    assert verdict == Verdict(Decision.DENY, ("denied_account",))
    assert policy.notices(Money(1, "EUR"), STRANGER)
    assert not policy.notices(Money(1, "EUR"), FRIEND)


verdicts = st.lists(st.builds(Verdict, st.sampled_from(Decision), st.tuples(st.text(max_size=2))))


@given(verdicts)
def test_the_strictest_verdict_counts_whatever_the_order(known: list[Verdict]) -> None:
    order = [Decision.ALLOW, Decision.REVIEW, Decision.DENY]

    found, reversed_ = strictest(known), strictest(reversed(known))

    assert found.decision is reversed_.decision
    assert all(order.index(one.decision) <= order.index(found.decision) for one in known)
    assert set(found.reasons) == {
        r for v in known if v.decision is found.decision for r in v.reasons
    }
