"""Sets that are broken, enormous, sent twice or never finished leave nothing and block nobody."""

import tracemalloc
from collections import deque
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.transactions.api import bulk as api
from apps.transactions.api import bulk_body
from apps.transactions.api.bulk_body import BulkBody
from apps.transactions.models import BulkItem, BulkJob
from apps.transactions.services import bulk_receiving, bulk_running
from apps.transactions.tests.test_api import account_of, booked, send
from apps.transactions.tests.test_api import body as transfer
from apps.transactions.tests.test_bulk_jobs import URL, bring, items_of, standing, work
from vortex.clock import now
from vortex.db import alias_of
from vortex.errors import Refusal
from vortex.http.refusals import BodyTooLarge
from vortex.ids import new_id
from vortex.testing import client_of, person

pytestmark = pytest.mark.django_db(transaction=True, databases=[alias_of("transactions")])

ITEM: Final = items_of(new_id(), new_id(), 1)[0]


def send_raw(client: Any, text: str | bytes, **headers: str) -> Any:
    return client.post(
        URL,
        data=text,
        content_type="application/json",
        headers={"Idempotency-Key": new_id().hex, "Prefer": "respond-async", **headers},
    )


def pieces(content: bytes, sizes: Iterator[int]) -> Callable[[int], bytes]:
    """Return a reader that gives as little as the network likes."""
    at = 0

    def read(most: int) -> bytes:
        nonlocal at
        piece = content[at : at + min(most, next(sizes))]
        at += len(piece)
        return piece

    return read


def is_nothing_left() -> bool:
    return not BulkJob.objects.exists() and not BulkItem.objects.exists()


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"amount": "1.00"}, "/items/700/amount"),
        ({"amount": {"amount": "-1.00", "currency": "EUR"}}, "/items/700/amount/amount"),
        ({"amount": {"amount": "1e-9", "currency": "EUR"}}, "/items/700/amount/amount"),
        ({"id": "one"}, "/items/700/id"),
        ({"category": "x"}, "/items/700/category"),
        ({"source_account_id": 5}, "/items/700/source_account_id"),
    ],
)
def test_one_malformed_item_among_a_thousand_is_named_and_nothing_is_kept(
    change: dict[str, Any], pointer: str
) -> None:
    owner = person()
    client, source, target = client_of(owner), account_of(owner, 200_000), account_of(person())
    items = items_of(source, target, 1_000)
    items[700] |= change

    answer = bring(client, items)
    work()

    assert (answer.status_code, answer.data["code"]) == (422, "validation_failed")
    assert answer.data["errors"][0]["pointer"] == pointer
    assert is_nothing_left()
    assert booked(source) == 200_000
    items[700] = items[0]
    assert bring(client, items).status_code == 202  # and the person is not locked out


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        ("", 400, "parse_error"),
        ("[]", 400, "parse_error"),
        ("{", 400, "parse_error"),
        ("{}", 422, "validation_failed"),
        ('{"items": []}', 422, "validation_failed"),
        ('{"items": {}}', 422, "validation_failed"),
        ('{"items": [1]}', 422, "validation_failed"),
        ('{"items": [%s', 400, "parse_error"),
        ('{"items": [%s]', 400, "parse_error"),
        ('{"items": [%s,]}', 400, "parse_error"),
        ('{"items": [%s],}', 400, "parse_error"),
        ('{"items": [%s] "atomic": false}', 400, "parse_error"),
        ('{"items": [%s]} {}', 400, "parse_error"),
        ('{"items": [%s], "items": [%s]}', 400, "parse_error"),
        ('{"items": [{"id": 1, "id": 2}]}', 400, "parse_error"),
        ('{"items": [%s], "atomic": true}', 422, "bulk_job_not_atomic"),
        ('{"atomic": true, "items": [%s]}', 422, "bulk_job_not_atomic"),
        ('{"items": [%s, NaN]}', 400, "parse_error"),
        ('{"items": [' + "[" * 200_000, 400, "parse_error"),
        ('{"items": ["' + "x" * 300_000, 400, "parse_error"),
        (b'{"items": ["\xff"]}', 400, "parse_error"),
    ],
)
def test_a_body_that_is_no_set_is_refused_and_leaves_nothing(
    text: str | bytes, status: int, code: str
) -> None:
    if isinstance(text, str):
        text = text.replace("%s", msgspec.json.encode(ITEM).decode())

    answer = send_raw(client_of(person()), text)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert is_nothing_left()


def test_a_gigabyte_is_refused_before_its_first_byte() -> None:
    answer = send_raw(client_of(person()), b"{}", **{"Content-Length": str(1 << 30)})

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert is_nothing_left()


def test_a_body_without_an_honest_length_is_cut_off_at_the_limit(monkeypatch) -> None:
    monkeypatch.setattr(bulk_body, "MOST_BYTES", 1 << 20)
    said = msgspec.json.encode(ITEM) + b","
    flood = iter(lambda: said * 200, b"")
    body = BulkBody(lambda _: next(flood) if body._size else b'{"items": [')

    with pytest.raises(BodyTooLarge):
        deque(body.transfers(), maxlen=0)

    assert body._size < (1 << 20) + len(said) * 200 + 1


def test_more_items_than_a_set_may_have_are_refused(monkeypatch) -> None:
    monkeypatch.setattr(bulk_body, "MOST_ITEMS", 50)

    answer = bring(client_of(person()), items_of(new_id(), new_id(), 51))

    assert (answer.status_code, answer.data["errors"][0]["pointer"]) == (422, "/items")
    assert is_nothing_left()


def test_a_set_is_read_in_memory_that_does_not_grow_with_it() -> None:
    said = msgspec.json.encode(ITEM)
    left = iter([b'{"items": [' + said, *[(b"," + said) * 200] * 150, b"]}"])
    body = BulkBody(lambda _: next(left, b""))
    coming = body.transfers()
    next(coming)

    tracemalloc.start()
    count = sum(1 for _ in coming)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 30_000
    assert peak < 2 << 20


@given(st.lists(st.integers(1, 97), min_size=1, max_size=8), st.integers(0, 4))
def test_a_set_is_the_same_however_it_is_cut_by_the_network(sizes: list[int], blanks: int) -> None:
    items = [{**ITEM, "id": str(new_id()), "description": f"ж\u2028{n}"} for n in range(5)]
    said = msgspec.json.encode({"x": 12, "items": items, "atomic": False})
    content = msgspec.json.format(said, indent=blanks)

    def forever() -> Iterator[int]:
        while True:
            yield from sizes

    body = BulkBody(pieces(content, forever()))
    found = list(body.transfers())

    assert [str(one.posting_id) for one in found] == [one["id"] for one in items]
    assert [one.description for one in found] == [one["description"] for one in items]
    assert body.digest == BulkBody(pieces(content, iter([1 << 20] * 3))).drain()


def test_a_sender_that_dies_leaves_a_set_that_nobody_sees_and_another_attempt_takes_its_place() -> (
    None
):
    owner = person()
    client, source, target = client_of(owner), account_of(owner, 10_000), account_of(person())
    items, key, long_ago = items_of(source, target, 3), new_id().hex, now() - timedelta(minutes=9)
    dead = bulk_receiving.begin(job_id=new_id(), owner_id=owner.user_id, key=key, at=long_ago)
    transfers = BulkBody(pieces(msgspec.json.encode({"items": items}), iter([9_999] * 3)))
    bulk_receiving.fill(job_id=dead.id, transfers=transfers.transfers(), clock=iter([long_ago] * 3))

    seen = client.get(f"{URL}/{dead.id}").status_code
    answer = bring(client, items, key)
    with pytest.raises(Refusal, match="progress"):
        bulk_receiving.seal(job_id=dead.id, digest=b"", at=now())
    work()

    assert (seen, answer.status_code) == (404, 202)
    assert BulkItem.objects.filter(job_id=dead.id).count() == 0
    assert booked(source) == 9_700


def test_the_clock_throws_away_what_never_came_whole() -> None:
    owner = person()
    dead = bulk_receiving.begin(job_id=new_id(), owner_id=owner.user_id, key="k", at=now())

    early = bulk_running.tidy(now=now())
    late = bulk_running.tidy(now=now() + timedelta(hours=1))

    assert (early, late) == (0, 1)
    assert not BulkJob.objects.filter(pk=dead.id).exists()


def test_the_same_key_while_its_set_is_still_coming_in_is_told_to_wait() -> None:
    owner = person()
    bulk_receiving.begin(job_id=new_id(), owner_id=owner.user_id, key="k", at=now())

    same = bring(client_of(owner), [ITEM], "k")
    other = bring(client_of(owner), [ITEM])

    assert (same.status_code, same.data["code"]) == (409, "request_in_progress")
    assert (other.status_code, other.data["code"]) == (409, "bulk_job_open")


def test_more_senders_than_there_is_room_for_are_told_to_come_back() -> None:
    held = 0
    while api._RECEIVING.acquire(blocking=False):
        held += 1
    try:
        answer = bring(client_of(person()), [ITEM])
    finally:
        api._RECEIVING.release(held)

    assert (answer.status_code, answer.data["code"]) == (503, "bulk_uploads_busy")
    assert answer["Retry-After"] == "5"
    assert standing(person(), 1)[3].status_code == 202


def test_a_set_needs_a_key_and_json() -> None:
    client = client_of(person())

    keyless = client.post(URL, {"items": [ITEM]}, headers={"Prefer": "respond-async"})
    form = client.post(
        URL,
        data="items=1",
        content_type="application/x-www-form-urlencoded",
        headers={"Prefer": "respond-async", "Idempotency-Key": "k"},
    )

    assert (keyless.status_code, keyless.data["code"]) == (400, "idempotency_key_required")
    assert (form.status_code, form.json()["code"]) == (415, "unsupported_media_type")


def test_a_set_may_take_longer_to_come_in_than_other_requests_may_take(settings: Any) -> None:
    settings.VORTEX_REQUEST_DEADLINE_MS = 1
    owner = person()
    client, source, target = client_of(owner), account_of(owner, 10_000), account_of(person())

    other = send(client, transfer(source, target))
    answer = bring(client, items_of(source, target, 3))

    assert (other.status_code, other.data["code"]) == (503, "deadline_exceeded")
    assert (answer.status_code, answer.data["items"]) == (202, 3)


def test_a_set_whose_time_is_over_leaves_nothing_and_locks_nobody_out() -> None:
    owner = person()
    client, source, target = client_of(owner), account_of(owner, 10_000), account_of(person())
    text = msgspec.json.encode({"items": items_of(source, target, 20_000)})

    answer = send_raw(client, text, **{"X-Deadline-Ms": "150"})

    assert (answer.status_code, answer.data["code"]) == (503, "deadline_exceeded")
    assert is_nothing_left()
    assert bring(client, items_of(source, target, 1)).status_code == 202
