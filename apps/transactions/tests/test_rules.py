"""Rules: they file what comes and what is past, in their order, once, and never what one filed."""

from functools import partial
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.transactions.contracts import RuleRunning, TransactionPosted
from apps.transactions.domain.rules import Condition, Field, Looks, Operator, holds
from apps.transactions.handlers import file_by_rules
from apps.transactions.models import Annotation, Filing, Rule, RuleRun
from apps.transactions.services import ruling
from apps.transactions.tests.outbox import events, said
from apps.transactions.tests.test_api import account_of, body, send
from apps.transactions.tests.test_at_once import at_once
from apps.transactions.tests.test_search import paid
from vortex.clock import now
from vortex.contracts import Principal
from vortex.db import alias_of, unit_of_work
from vortex.ids import new_id
from vortex.testing import client_of, person

pytestmark = pytest.mark.django_db(transaction=True, databases=[alias_of("transactions")])

RULES = "/api/transactions/rules"


def condition(field: str, operator: str, value: str) -> dict[str, str]:
    return {"field": field, "operator": operator, "value": value}


COFFEE = condition("counterparty", "contains", "CAFÉ")


def write(owner: Principal, *conditions: dict[str, str], **more: Any) -> Any:
    answer = client_of(owner).post(
        RULES, {"name": "Mine", "conditions": list(conditions or (COFFEE,)), **more}
    )
    assert answer.status_code == 201, answer.content
    return answer


def heard(*, since: int = 0) -> list[TransactionPosted]:
    """Let the handler hear what was posted, as the inbox does."""
    waiting = events()[since:]
    with unit_of_work("transactions"):
        file_by_rules(waiting)
    return waiting


def category(owner: Principal, posting_id: str) -> str:
    return str(client_of(owner).get(f"/api/transactions/{posting_id}").data["category"])


def filing(owner: Principal, posting_id: str) -> dict[str, Any]:
    return dict(client_of(owner).get(f"/api/transactions/{posting_id}/filing").data)


def test_a_rule_files_what_comes_once_however_often_it_is_heard() -> None:
    alice = person()
    write(alice, category="restaurants", tags=["Coffee"], note="again")
    made = paid(alice, "3.00", "x", counterparty="Café Rio", category="other")

    heard()
    heard()

    assert category(alice, made) == "restaurants"
    assert filing(alice, made) == {"tags": ["coffee"], "note": "again"}
    assert [one["source"] for one in said("transaction.categorized")] == ["rule"]


def test_what_one_has_filed_by_hand_stays_and_what_one_wrote_is_kept() -> None:
    alice = person()
    write(alice, category="restaurants", tags=["coffee"], note="again")
    made = paid(alice, "3.00", "x", counterparty="Café Rio")
    client = client_of(alice)
    client.patch(f"/api/transactions/{made}", {"category": "gifts"})
    client.put(f"/api/transactions/{made}/filing", {"tags": ["mum"], "note": "Birthday"})

    heard()

    assert category(alice, made) == "gifts"
    assert filing(alice, made) == {"tags": ["coffee", "mum"], "note": "Birthday"}


def test_rules_run_in_their_order_and_one_that_stops_is_the_last() -> None:
    alice = person()
    first = write(alice, category="travel", tags=["a"]).data["id"]
    second = write(alice, category="gifts", tags=["b"], stops=True).data["id"]
    third = write(alice, category="pets", tags=["c"]).data["id"]
    client = client_of(alice)

    early = paid(alice, "3.00", "x", counterparty="Café")
    heard()
    client.put(f"{RULES}/order", {"ids": [third, second]})
    before = len(events())
    late = paid(alice, "3.00", "y", counterparty="Café")
    heard(since=before)

    assert (category(alice, early), filing(alice, early)["tags"]) == ("travel", ["a", "b"])
    assert (category(alice, late), filing(alice, late)["tags"]) == ("pets", ["b", "c"])
    assert [one["id"] for one in client.get(RULES).data["items"]] == [third, second, first]


@pytest.mark.parametrize(
    ("conditions", "match", "hits"),
    [
        ([condition("description", "is", "wool COAT")], "all", True),
        ([condition("description", "is_not", "wool coat")], "all", False),
        ([condition("description", "starts_with", "wool")], "all", True),
        ([condition("description", "ends_with", "wool")], "all", False),
        ([condition("reference", "contains_not", "x")], "all", True),
        ([condition("amount_minor", "at_least", "8000")], "all", True),
        ([condition("amount_minor", "at_least", "8001")], "all", False),
        ([condition("amount_minor", "at_most", "7999")], "all", False),
        ([condition("direction", "is", "out")], "all", True),
        ([condition("kind", "is", "card")], "all", False),
        ([condition("currency", "is", "EUR"), condition("kind", "is", "card")], "all", False),
        ([condition("currency", "is", "EUR"), condition("kind", "is", "card")], "any", True),
        ([condition("description", "contains", "(a+)+$")], "all", False),
        ([condition("description", "contains", "%")], "all", False),
    ],
)
def test_conditions_mean_what_they_say(
    conditions: list[dict[str, str]], match: str, *, hits: bool
) -> None:
    alice = person()
    paid(alice, "80.00", "wool coat")
    rule = write(alice, *conditions, match=match, category="shopping").data["id"]

    tried = client_of(alice).post(f"{RULES}/{rule}/test").data

    assert tried["seen"] == 2
    assert ("wool coat" in [one["description"] for one in tried["items"]]) is hits
    assert Annotation.objects.count() == 0


def test_a_rule_goes_through_the_past_step_by_step_and_on_after_a_crash(monkeypatch: Any) -> None:
    monkeypatch.setattr(ruling, "_STEP", 2)
    monkeypatch.setattr(ruling, "_STEPS_AT_ONCE", 1)
    alice = person()
    source, target = account_of(alice, 100_000), account_of(person())
    for _ in range(5):
        send(client_of(alice), body(source, target, "1.00") | {"counterparty": "Café"})
    rule = write(alice, category="restaurants").data["id"]

    started = client_of(alice).post(f"{RULES}/{rule}/apply")
    assert started.status_code == 201, started.content
    assert (started.data["state"], started.data["filed"]) == ("running", 2)
    again = client_of(alice).post(f"{RULES}/{rule}/apply")
    ruling.work_off(now=now())

    assert again.data["code"] == "rule_running"
    done = client_of(alice).get(started["Location"]).data
    assert (done["state"], done["seen"], done["matched"], done["filed"]) == ("done", 6, 5, 5)
    repeat = client_of(alice).post(f"{RULES}/{rule}/apply").data
    assert (repeat["state"], repeat["matched"], repeat["filed"]) == ("running", 2, 0)


def test_one_rule_sent_through_the_past_twice_at_once_goes_once() -> None:
    alice = person()
    rule = UUID(write(alice, category="pets").data["id"])
    ask = partial(ruling.apply, rule_id=rule, owner_id=alice.user_id, at=now())

    done = at_once([partial(ask, run_id=new_id()) for _ in range(4)])

    finished = RuleRun.objects.filter(state="done").count()
    assert finished + sum(isinstance(one, RuleRunning) for one in done) == 4
    assert finished >= 1


def test_a_rule_is_written_anew_only_by_who_has_seen_it_and_its_run_ends_with_it() -> None:
    alice = person()
    made = write(alice, category="pets")
    at, client = f"{RULES}/{made.data['id']}", client_of(alice)
    said_ = {"name": "New", "conditions": [COFFEE], "category": "gifts", "enabled": False}

    assert client.put(at, said_).status_code == 428
    assert client.put(at, said_, headers={"If-Match": made["ETag"]}).data["name"] == "New"
    assert client.put(at, said_, headers={"If-Match": made["ETag"]}).status_code == 412
    posted = paid(alice, "3.00", "x", counterparty="Café", category="other")
    heard()
    assert category(alice, posted) == "other"
    assert client.delete(at).status_code == 204
    assert client.get(at).status_code == 404


@pytest.mark.parametrize(
    "bad",
    [
        {"conditions": []},
        {"conditions": [COFFEE] * 11},
        {"conditions": [condition("amount_minor", "contains", "5")]},
        {"conditions": [condition("amount_minor", "at_least", "1e400")]},
        {"conditions": [condition("amount_minor", "at_least", "-1")]},
        {"conditions": [condition("amount_minor", "at_least", "٣")]},
        {"conditions": [condition("description", "at_least", "5")]},
        {"conditions": [condition("direction", "is", "sideways")]},
        {"conditions": [condition("owner_id", "is", "x")]},
        {"category": ""},
        {"category": "nonsense"},
        {"stops": 0},
        {"enabled": "yes"},
        {"conditions": [condition("description", "matches", ".*")]},
    ],
)
def test_a_rule_that_cannot_work_is_refused(bad: dict[str, Any]) -> None:
    sound = {"name": "Mine", "conditions": [COFFEE], "category": "pets"}

    refused = client_of(person()).post(RULES, sound | bad)

    assert refused.status_code == 422, refused.content
    assert Rule.objects.count() == 0


def test_another_persons_rules_and_categories_do_not_exist() -> None:
    alice, eve = person(), person()
    rule = write(alice, category="pets").data["id"]
    run = client_of(alice).post(f"{RULES}/{rule}/apply").data["id"]
    key = (
        client_of(alice)
        .post("/api/transactions/categories/own", {"name": "Vet", "parent": "pets"})
        .data["key"]
    )
    client, new = client_of(eve), {"name": "x", "conditions": [COFFEE], "category": "pets"}

    answers = [
        client.get(f"{RULES}/{rule}"),
        client.put(f"{RULES}/{rule}", new, headers={"If-Match": "*"}),
        client.delete(f"{RULES}/{rule}"),
        client.post(f"{RULES}/{rule}/test"),
        client.post(f"{RULES}/{rule}/apply"),
        client.get(f"{RULES}/{rule}/runs/{run}"),
        client.put(f"{RULES}/order", {"ids": [rule]}),
    ]

    assert [answer.status_code for answer in answers] == [404] * 7
    assert client.post(RULES, new | {"category": key}).data["code"] == "unknown_category"
    assert client.get(RULES).data["items"] == []


def test_a_rule_sees_a_payment_as_its_owner_does_and_files_for_its_owner_alone() -> None:
    alice, bob = person(), person()
    write(bob, condition("counterparty", "contains", "crook"), category="pets")
    write(bob, condition("direction", "is", "in"), category="income")
    asked = body(account_of(alice, 1_000), account_of(bob), "1.00")
    made = send(client_of(alice), asked | {"counterparty": "that crook", "category": "gifts"})

    heard()

    assert category(bob, made.data["id"]) == "income"
    assert category(alice, made.data["id"]) == "gifts"
    assert Filing.objects.count() == 0


def test_a_category_that_is_deleted_takes_its_rules_to_its_parent() -> None:
    alice = person()
    client = client_of(alice)
    key = client.post("/api/transactions/categories/own", {"name": "Vet", "parent": "pets"}).data[
        "key"
    ]
    write(alice, category=key)
    client.delete(f"/api/transactions/categories/own/{key}")
    made = paid(alice, "3.00", "x", counterparty="Café")

    heard()

    assert category(alice, made) == "pets"


@given(st.text(max_size=30), st.text(min_size=1, max_size=5))
def test_contains_and_contains_not_are_opposites_whatever_the_text(text: str, value: str) -> None:
    looks = Looks(text, "", "", 1, "", "out", "transfer", "EUR")
    one = Condition(Field.DESCRIPTION, Operator.CONTAINS, value)
    other = Condition(Field.DESCRIPTION, Operator.CONTAINS_NOT, value)

    assert holds(one, looks) is not holds(other, looks)
