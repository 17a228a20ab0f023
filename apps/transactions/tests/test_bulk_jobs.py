"""Large sets of transfers: received whole or not at all, made once each, in order, whoever dies."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
import pytest
from django.db import IntegrityError
from rest_framework.test import APIClient

from apps.transactions import contracts, tasks
from apps.transactions.models import BulkItem, BulkJob, BulkOutcome, Posting
from apps.transactions.services import accounts, bulk_running, transferring
from apps.transactions.services.posting import post
from apps.transactions.services.verifying import LAWS, breaches_of
from apps.transactions.tests.outbox import said
from apps.transactions.tests.test_api import account_of, body, booked
from apps.transactions.tests.test_at_once import at_once
from apps.transactions.tests.test_judges import Away, Watcher
from vortex.clock import now
from vortex.contracts import Principal
from vortex.db import alias_of
from vortex.ids import new_id
from vortex.realtime import stream
from vortex.testing import client_of, person, stub

pytestmark = pytest.mark.django_db(transaction=True, databases=[alias_of("transactions")])

URL: Final = "/api/transactions/bulk"


def items_of(source: UUID, target: UUID, count: int, amount: str = "1.00") -> list[dict[str, Any]]:
    return [{"id": str(new_id()), **body(source, target, amount)} for _ in range(count)]


def bring(client: APIClient, items: list[dict[str, Any]], key: str = "", **more: Any) -> Any:
    """Send a set that is to be made later."""
    headers = {"Idempotency-Key": key or new_id().hex, "Prefer": "respond-async"}
    return client.post(URL, {"items": items, **more}, headers=headers)


def work() -> None:
    """Let the worker go on until nothing waits, as the clock does."""
    while tasks.work_off_bulk():
        continue


def lines(client: APIClient, place: str, status: str = "") -> list[dict[str, Any]]:
    """Return every item of a set, page by page."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        asked: dict[str, str] = {"status": status, "limit": "7", "cursor": cursor}
        page: Any = client.get(f"{place}/items", asked).data
        found += page["items"]
        cursor = page["next_cursor"]
    return found


def standing(owner: Principal, count: int, minor: int = 10_000) -> tuple[Any, UUID, UUID, Any]:
    """Bring a set of so many transfers; return the client, both accounts and the answer."""
    client, source, target = client_of(owner), account_of(owner, minor), account_of(person())
    return client, source, target, bring(client, items_of(source, target, count))


def test_a_set_is_accepted_at_once_and_made_afterwards() -> None:
    client, source, target, answer = standing(person(), 30)

    before = (answer.status_code, answer.data["state"], booked(source))
    work()
    after = client.get(answer["Location"]).data

    assert before == (202, "queued", 10_000)
    assert answer["Preference-Applied"] == "respond-async"
    assert (after["state"], after["items"], after["done"]) == ("completed", 30, 30)
    assert (after["posted"], after["refused"], after["percent"]) == (30, 0, 100)
    assert (booked(source), booked(target)) == (7_000, 3_000)
    assert [one["status"] for one in lines(client, answer["Location"])] == ["posted"] * 30


def test_an_account_that_can_pay_half_pays_exactly_the_first_half(monkeypatch) -> None:
    monkeypatch.setattr(bulk_running, "STEP", 8)
    client, source, _, answer = standing(person(), 40, minor=2_000)

    work()

    found = lines(client, answer["Location"])
    assert [one["status"] for one in found] == ["posted"] * 20 + ["refused"] * 20
    assert {one["code"] for one in found[20:]} == {"insufficient_funds"}
    assert lines(client, answer["Location"], "refused") == found[20:]
    assert lines(client, answer["Location"], "posted") == found[:20]
    assert booked(source) == 0
    assert not [breach for law in LAWS for breach in breaches_of(law)]


def test_a_worker_that_dies_between_two_steps_loses_nothing_and_doubles_nothing(
    monkeypatch,
) -> None:
    monkeypatch.setattr(bulk_running, "STEP", 10)
    client, source, _, answer = standing(person(), 35)
    real, calls = transferring.transfer_many, []

    def dying(**asked: Any) -> Any:
        calls.append(len(asked["transfers"]))
        done = real(**asked)
        if len(calls) == 2:
            raise SystemExit  # after the money has moved, before the commit
        return done

    with monkeypatch.context() as patched:
        patched.setattr(transferring, "transfer_many", dying)
        with pytest.raises(SystemExit):
            tasks.work_off_bulk()
    halfway = (booked(source), client.get(answer["Location"]).data["done"])
    work()

    assert halfway == (9_000, 10)
    assert booked(source) == 6_500
    assert client.get(answer["Location"]).data["posted"] == 35
    assert len(said("transaction.bulk_completed")) == 1


def test_two_workers_at_once_make_each_transfer_once(monkeypatch) -> None:
    monkeypatch.setattr(bulk_running, "STEP", 5)
    client, source, _, answer = standing(person(), 60)

    at_once([tasks.work_off_bulk] * 6)
    work()

    assert client.get(answer["Location"]).data["posted"] == 60
    assert booked(source) == 4_000
    assert Posting.objects.count() == 61  # the opening is one


def test_an_id_twice_in_one_set_and_again_in_the_next_moves_money_once() -> None:
    owner = person()
    client, source, target = client_of(owner), account_of(owner, 10_000), account_of(person())
    items = items_of(source, target, 5)

    first = bring(client, [*items, items[2], {**items[3], "description": "another"}])
    work()
    second = bring(client, items[::-1])
    work()

    found = lines(client, first["Location"])
    assert [one["replayed"] for one in found] == [False] * 5 + [True, False]
    assert found[6]["code"] == "posting_id_reused"
    again = client.get(second["Location"]).data
    assert (again["posted"], again["replayed"]) == (5, 5)
    assert booked(source) == 9_500


def test_accounts_that_freeze_or_close_while_a_set_waits_refuse_the_rest(monkeypatch) -> None:
    monkeypatch.setattr(bulk_running, "STEP", 10)
    owner = person()
    client, source = client_of(owner), account_of(owner, 10_000)
    frozen, closed = account_of(person()), account_of(person())
    pairs = [items_of(source, frozen, 1) + items_of(source, closed, 1) for _ in range(10)]
    answer = bring(client, [one for pair in pairs for one in pair])
    job_id = UUID(answer.data["id"])

    bulk_running.step(job_id=job_id, at=now())
    accounts.restrict_account(account_id=frozen, debits_frozen=False, credits_frozen=True)
    post(_emptying(closed, source, 500))
    accounts.close_account(account_id=closed, closed_at=now())
    work()

    codes = [one["code"] for one in lines(client, answer["Location"])]
    assert codes == [""] * 10 + ["account_frozen", "account_closed"] * 5
    assert booked(source) == 10_000 - 500


def _emptying(source: UUID, target: UUID, minor: int) -> Any:

    return contracts.Posting(
        posting_id=new_id(),
        legs=(
            contracts.Leg(account_id=source, amount_minor=-minor, currency="EUR"),
            contracts.Leg(account_id=target, amount_minor=minor, currency="EUR"),
        ),
    )


def test_what_the_bank_would_look_at_first_is_refused_and_the_rest_is_made() -> None:
    owner = person()
    client, source, target = client_of(owner), account_of(owner, 5_000_000), account_of(person())
    items = items_of(source, target, 2) + items_of(source, target, 1, "20000.00")
    answer = bring(client, [*items, *items_of(source, target, 2)])

    work()

    codes = [one["code"] for one in lines(client, answer["Location"])]
    assert codes == ["", "", "review_required", "", ""]
    assert booked(source) == 5_000_000 - 400


def test_a_set_waits_while_nobody_can_judge_it_and_holds_up_no_other(settings) -> None:
    owner = person()
    client, source, target = client_of(owner), account_of(owner, 5_000_000), account_of(person())
    answer = bring(client, items_of(source, target, 1, "1500.00"))
    other = standing(person(), 3)
    settings.VORTEX_PAYMENT_JUDGE = f"{Watcher.__module__}.Watcher"

    with stub(Watcher, Away()):
        tasks.work_off_bulk()
    waiting = client.get(answer["Location"]).data["state"]
    settings.VORTEX_PAYMENT_JUDGE = ""
    work()

    assert waiting == "queued"
    assert other[0].get(other[3]["Location"]).data["state"] == "completed"
    assert client.get(answer["Location"]).data["posted"] == 1


def test_a_cancelled_set_keeps_what_is_posted_and_never_begins_the_rest(monkeypatch) -> None:
    monkeypatch.setattr(bulk_running, "STEP", 10)
    client, source, _, answer = standing(person(), 30)
    place = answer["Location"]
    bulk_running.step(job_id=UUID(answer.data["id"]), at=now())

    first, second = client.post(f"{place}/cancel"), client.post(f"{place}/cancel")
    work()

    assert (first.data["state"], first.data["done"]) == ("cancelled", 10)
    assert second.data == first.data
    assert [one["status"] for one in lines(client, place)] == ["posted"] * 10 + ["cancelled"] * 20
    assert lines(client, place, "waiting") == []
    assert booked(source) == 9_000
    (event,) = said("transaction.bulk_completed")
    assert (event["posted"], event["cancelled"]) == (10, 20)


def test_what_is_through_cannot_be_cancelled() -> None:
    client, _, _, answer = standing(person(), 3)
    work()

    refused = client.post(f"{answer['Location']}/cancel")

    assert (refused.status_code, refused.data["code"]) == (409, "bulk_job_over")


def test_a_person_has_one_set_on_its_way_and_another_person_is_not_kept_waiting() -> None:
    owner = person()
    client, source, target, first = standing(owner, 3)

    second = bring(client, items_of(source, target, 3))
    other = standing(person(), 3)[3]
    work()
    third = bring(client, items_of(source, target, 3))

    assert (second.status_code, second.data["code"]) == (409, "bulk_job_open")
    assert second.data["job_id"] == first.data["id"]
    assert (other.status_code, third.status_code) == (202, 202)


def test_sets_of_two_people_take_turns(monkeypatch) -> None:
    monkeypatch.setattr(bulk_running, "STEP", 5)
    monkeypatch.setattr(bulk_running, "_STEPS", 4)
    one, other = standing(person(), 50), standing(person(), 50)

    tasks.work_off_bulk()

    assert [side[0].get(side[3]["Location"]).data["done"] for side in (one, other)] == [10, 10]


def test_the_same_set_under_the_same_key_is_the_same_set() -> None:
    owner = person()
    client, source, target = client_of(owner), account_of(owner, 10_000), account_of(person())
    items, key = items_of(source, target, 4), new_id().hex

    first = bring(client, items, key)
    work()
    again, other = bring(client, items, key), bring(client, items[:3], key)
    work()

    assert again.data["id"] == first.data["id"]
    assert (again.status_code, again["Idempotency-Replayed"]) == (202, "true")
    assert (other.status_code, other.data["code"]) == (422, "idempotency_key_reused")
    assert booked(source) == 9_600


def test_other_peoples_sets_do_not_exist() -> None:
    _, source, _, answer = standing(person(), 3)
    place, stranger = answer["Location"], client_of(person())

    answers = [
        stranger.get(place),
        stranger.get(f"{place}/items"),
        stranger.post(f"{place}/cancel"),
        stranger.get(f"{URL}/{new_id()}"),
    ]
    work()

    assert {(one.status_code, one.data["code"]) for one in answers} == {(404, "bulk_job_not_found")}
    assert stranger.get(URL).data["items"] == []
    assert booked(source) == 9_700


def test_the_owner_is_told_how_far_a_set_has_come(monkeypatch) -> None:
    monkeypatch.setattr(bulk_running, "STEP", 2)
    told: list[Any] = []
    monkeypatch.setattr(bulk_running, "push_many", told.extend)
    owner = person()

    standing(owner, 22)
    work()

    assert {one.user_id for one in told} == {owner.user_id}
    assert [one.data["percent"] for one in told] == [45, 90, 100]
    assert len(msgspec.json.encode(told[-1].data)) < stream.MAX_DATA_BYTES


def test_old_sets_are_forgotten_and_their_transfers_stand() -> None:
    client, source, _, answer = standing(person(), 3)
    work()

    early = bulk_running.tidy(now=now() + bulk_running.KEPT - timedelta(days=1))
    late = bulk_running.tidy(now=now() + bulk_running.KEPT + timedelta(days=1))

    assert (early, late) == (0, 1)
    assert client.get(answer["Location"]).status_code == 404
    assert not BulkItem.objects.exists()
    assert not BulkOutcome.objects.exists()
    assert booked(source) == 9_700


def test_the_counts_of_a_set_are_kept_true_by_the_database() -> None:
    _, _, _, answer = standing(person(), 3)

    with pytest.raises(IntegrityError, match="transactions_bulk_job_counts"):
        BulkJob.objects.update(done=2, posted=1)

    assert BulkJob.objects.get(pk=answer.data["id"]).done == 0
