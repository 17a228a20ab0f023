"""A contract may only grow, and only by what is optional."""

from copy import deepcopy
from typing import Any

import pytest

from config.contexts import CONTEXTS
from config.reference.compatibility import breaks
from config.reference.snapshot import snapshot

OLD: dict[str, Any] = {
    "context": "payments",
    "services": {
        "Payments": {
            "version": 1,
            "operations": {
                "pay": {
                    "kind": "command",
                    "key": "payment_id",
                    "deadline_ms": 2000,
                    "arguments": {
                        "payment_id": {"type": "UUID", "required": True},
                        "speed": {"type": "Speed", "required": False},
                    },
                    "answer": "Paid | null",
                    "refuses": ["payee_unknown"],
                }
            },
        }
    },
    "events": {
        "payment.settled": {
            "version": 1,
            "topic": "payment.events",
            "key": "payment_id",
            "fields": {"payment_id": {"type": "UUID", "required": True}},
        }
    },
    "refusals": {"payee_unknown": {"family": "NotFound", "title": "Payee unknown"}},
    "types": {
        "Paid": {"fields": {"state": {"type": "State", "required": True}}},
        "State": {"values": ["sent", "settled"]},
        "Speed": {"values": ["normal", "instant"]},
    },
}
PAY = "services.Payments.operations.pay"


def changed(place: str, value: Any) -> dict[str, Any]:
    """Return the old contract with one place set, or removed where the value is None."""
    new = deepcopy(OLD)
    node: Any = new
    *path, last = place.split("/") if "/" in place else place.split(".")
    for part in path:
        node = node[part]
    if value is None:
        del node[last]
    else:
        node[last] = value
    return new


def field(type_: str, *, required: bool) -> dict[str, Any]:
    return {"type": type_, "required": required}


BROKEN = {
    "a service is gone": ("services.Payments", None, "service Payments is gone"),
    "another version": ("services.Payments.version", 2, "version was 1 and is 2"),
    "an operation is gone": (PAY, None, "operation Payments.pay is gone"),
    "a command becomes a query": (f"{PAY}.kind", "query", "kind was command and is query"),
    "another idempotency key": (f"{PAY}.key", "order_id", "key was payment_id and is order_id"),
    "another answer": (f"{PAY}.answer", "Paid", "answer was Paid | null and is Paid"),
    "an argument is gone": (f"{PAY}.arguments.speed", None, "pay: speed is gone"),
    "an argument changes its type": (
        f"{PAY}.arguments.payment_id",
        field("str", required=True),
        "payment_id was UUID and is str",
    ),
    "a new required argument": (
        f"{PAY}.arguments.amount",
        field("int", required=True),
        "pay: amount is new and required",
    ),
    "an optional argument is required": (
        f"{PAY}.arguments.speed",
        field("Speed", required=True),
        "speed was optional and is required",
    ),
    "an event is gone": ("events/payment.settled", None, "event payment.settled is gone"),
    "an event on another topic": (
        "events/payment.settled/topic",
        "user.events",
        "topic was payment.events and is user.events",
    ),
    "an event ordered otherwise": ("events/payment.settled/key", "payer_id", "key was payment_id"),
    "a field of an event is gone": (
        "events/payment.settled/fields/payment_id",
        None,
        "event payment.settled: payment_id is gone",
    ),
    "a new required field of an event": (
        "events/payment.settled/fields/fee",
        field("int", required=True),
        "event payment.settled: fee is new and required",
    ),
    "a code is gone": ("refusals.payee_unknown", None, "refusal payee_unknown is gone"),
    "a code in another family": (
        "refusals.payee_unknown.family",
        "Conflict",
        "family was NotFound and is Conflict",
    ),
    "a field of a value is gone": ("types.Paid.fields.state", None, "Paid: state is gone"),
    "a value of an enumeration is gone": (
        "types.Speed.values",
        ["normal"],
        "value 'instant' is gone",
    ),
    "a new value that old readers meet in answers": (
        "types.State.values",
        ["sent", "settled", "returned"],
        "State: value 'returned' is new",
    ),
}
KEPT = {
    "a new service": ("services.Payees", {"version": 1, "operations": {}}),
    "a new operation": (
        "services.Payments.operations.cancel",
        OLD["services"]["Payments"]["operations"]["pay"],
    ),
    "a longer deadline": (f"{PAY}.deadline_ms", 5000),
    "a new optional argument": (f"{PAY}.arguments.memo", field("str", required=False)),
    "a required argument becomes optional": (
        f"{PAY}.arguments.payment_id",
        field("UUID", required=False),
    ),
    "a new optional field of an event": (
        "events/payment.settled/fields/fee",
        field("int", required=False),
    ),
    "a new code": ("refusals.payee_blocked", {"family": "Refused", "title": "Payee blocked"}),
    "a new optional field of an answer": ("types.Paid.fields.fee", field("int", required=False)),
    "a new value that only callers send": ("types.Speed.values", ["normal", "instant", "urgent"]),
    "a better title": ("refusals.payee_unknown.title", "No such payee"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_contract_that_takes_something_away_is_refused(case: str) -> None:
    place, value, says = BROKEN[case]

    found = breaks(OLD, changed(place, value))

    assert any(says in sentence for sentence in found), found


@pytest.mark.parametrize("case", KEPT)
def test_a_contract_that_adds_something_optional_is_accepted(case: str) -> None:
    place, value = KEPT[case]

    assert breaks(OLD, changed(place, value)) == []


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda context: context.name)
def test_a_contract_is_compatible_with_itself(context: Any) -> None:
    contract = snapshot(context.name)

    assert breaks(contract, deepcopy(contract)) == []
