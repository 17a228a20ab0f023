"""What moves money happens once per key, however often and however early it is sent again."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from rest_framework.test import APIClient

from vortex.ids import new_id
from vortex.testing import person

pytestmark = [
    pytest.mark.servers,
    pytest.mark.django_db(transaction=True, databases=["accounts"]),
]

TEN = {"amount": {"amount": "10.00", "currency": "EUR"}}
URL = "/api/test/transfers"


@pytest.fixture(autouse=True)
def _effects():
    with connections["accounts"].cursor() as cursor:
        cursor.execute("create table test_effects (id uuid not null)")
    yield
    with connections["accounts"].cursor() as cursor:
        cursor.execute("drop table test_effects")


def effects() -> int:
    with connections["accounts"].cursor() as cursor:
        cursor.execute("select count(*) from test_effects")
        return int(cursor.fetchone()[0])


def send(client, body=TEN, *, key: str | None = None, url: str = URL):
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post(url, body, headers=headers)


def test_the_same_request_twice_has_one_effect_and_one_answer(signed_in):
    first, second = send(signed_in, key="k1"), send(signed_in, key="k1")

    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert first["Location"] == second["Location"]
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"
    assert effects() == 1


def test_a_retry_may_write_the_same_in_another_order_and_to_the_other_address(signed_in):
    send(signed_in, {"note": "x", **TEN}, key="k1")

    again = send(signed_in, {**TEN, "note": "x"}, key="k1", url="/api/v1/test/transfers")

    assert again["Idempotency-Replayed"] == "true"
    assert effects() == 1


def test_a_key_used_for_something_else_is_refused(signed_in):
    send(signed_in, key="k1")

    other = send(signed_in, {"amount": {"amount": "10.01", "currency": "EUR"}}, key="k1")

    assert other.status_code == 422
    assert other.json()["code"] == "idempotency_key_reused"
    assert effects() == 1


def test_two_people_may_choose_the_same_key(signed_in, issuer):
    send(signed_in, key="k1")
    signed_in.credentials(HTTP_AUTHORIZATION=f"Bearer {issuer.token(person())}")

    response = send(signed_in, key="k1")

    assert "Idempotency-Replayed" not in response
    assert effects() == 2


@pytest.mark.parametrize(
    "key", [None, "", "x" * 256, "with space", "é", "tab\t", "nul\x00"], ids=repr
)
def test_without_a_proper_key_nothing_happens(signed_in, key):
    response = send(signed_in, key=key)

    assert response.status_code == 400
    assert response.json()["code"] == "idempotency_key_required"
    assert effects() == 0


def test_nobody_has_no_keys(client):
    assert send(client, key="k1").status_code == 401
    assert effects() == 0


def test_a_refusal_rolls_back_and_is_not_remembered(signed_in):
    broke = {"amount": {"amount": "6.66", "currency": "EUR"}}

    refused, again = send(signed_in, broke, key="k1"), send(signed_in, broke, key="k1")

    assert refused.json()["code"] == again.json()["code"] == "test_not_enough"
    assert "Idempotency-Replayed" not in again
    assert effects() == 0


def test_a_body_that_is_not_valid_uses_up_no_key(signed_in):
    assert send(signed_in, {"amount": "ten"}, key="k1").status_code == 422

    assert send(signed_in, key="k1").status_code == 201


def test_a_view_that_forgets_to_remember_is_found_by_its_first_test(signed_in):
    response = send(signed_in, {"amount": {"amount": "7.77", "currency": "EUR"}}, key="k1")

    assert response.status_code == 500


def test_in_production_a_forgotten_answer_is_kept_after_all(signed_in, settings, caplog):
    settings.VORTEX_STRICT = False
    forgetful = {"amount": {"amount": "7.77", "currency": "EUR"}}

    first, second = send(signed_in, forgetful, key="k1"), send(signed_in, forgetful, key="k1")

    assert first.status_code == 200
    assert second["Idempotency-Replayed"] == "true"
    assert second.json() == first.json()
    assert effects() == 1
    assert "http.idempotency.not_remembered" in caplog.text


def test_ten_at_once_have_one_effect_and_no_other_answer(issuer, somebody):
    token, key, ready = issuer.token(somebody), str(new_id()), threading.Barrier(10)

    def attempt(_: int) -> tuple[int, str]:
        client = APIClient(raise_request_exception=False)
        client.default_format = "json"
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        ready.wait(20)
        try:
            response = send(client, key=key)
        finally:
            connections.close_all()
        if response.status_code == 409:
            assert response["Retry-After"] == "1"
        return response.status_code, response.json().get("code", response.json().get("id"))

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(attempt, range(10)))

    done = {answer for answer in answers if answer[0] == 201}
    assert len(done) == 1
    assert {answer for answer in answers if answer[0] != 201} <= {(409, "request_in_progress")}
    assert effects() == 1
