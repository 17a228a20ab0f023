"""Limits hold over all processes, name themselves, and fail in the direction that was decided."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from vortex.http.refusals import Throttled
from vortex.http.throttles import LimitsUnavailable, spend

pytestmark = pytest.mark.servers

NOBODY_LISTENS = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def _limits(settings):
    settings.VORTEX_TRUSTED_PROXIES = 0
    settings.VORTEX_RATE_LIMITS = {
        "caller": (1000, 60, "open"),
        "test": (3, 600, "open"),
        "guarded": (3, 600, "closed"),
        "slow": (2, 7200, "open"),
    }


def test_the_quota_passes_and_the_next_is_refused_with_what_to_do(client):
    passed = [client.get("/api/test/limited") for _ in range(3)]
    refused = client.get("/api/test/limited")

    assert [response.status_code for response in passed] == [200] * 3
    assert passed[0]["RateLimit-Policy"] == '"test";q=3;w=600'
    assert passed[0]["RateLimit"] == '"test";r=2;t=200'
    assert passed[2]["RateLimit"].startswith('"test";r=0;t=')
    assert refused.status_code == 429
    assert refused.json()["code"] == "throttled"
    assert refused.json()["limit"] == "test"
    assert 100 <= int(refused["Retry-After"]) <= 200
    assert refused["RateLimit"] == f'"test";r=0;t={refused["Retry-After"]}'


def test_copies_of_requests_take_nothing_from_whoever_sent_the_requests(client):
    copies = [client.get("/api/test/limited", headers={"X-Vortex-Mirrored": "1"}) for _ in range(4)]
    own = [client.get("/api/test/limited") for _ in range(3)]

    assert [response.status_code for response in own] == [200] * 3
    assert [response.status_code for response in copies] == [200] * 3 + [429], "nor are they free"


def test_a_forged_address_is_no_new_client(client):
    answers = [
        client.get("/api/test/limited", headers={"X-Forwarded-For": f"203.0.113.{number}"})
        for number in range(5)
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]


def test_behind_our_proxy_each_client_has_a_limit_of_its_own(client, settings):
    settings.VORTEX_TRUSTED_PROXIES = 1

    for number in range(5):
        answer = client.get(
            "/api/test/limited", headers={"X-Forwarded-For": f"1.1.1.1, 203.0.113.{number}"}
        )
        assert answer.status_code == 200


def test_who_is_signed_in_has_the_limit_of_their_own_wherever_they_are(signed_in):
    for peer in ("10.0.0.1", "10.0.0.2", "10.0.0.3"):
        assert signed_in.get("/api/test/limited", REMOTE_ADDR=peer).status_code == 200

    assert signed_in.get("/api/test/limited", REMOTE_ADDR="10.0.0.4").status_code == 429


def test_many_at_once_pass_exactly_the_quota():
    def attempt(_: int) -> bool:
        try:
            spend("test", "crowd")
        except Throttled:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        passed = sum(pool.map(attempt, range(100)))

    assert passed == 3


def test_a_refused_attempt_costs_nothing_and_the_bucket_refills_evenly():
    first = spend("slow", "patient")
    spend("slow", "patient")
    with pytest.raises(Throttled) as refusal:
        spend("slow", "patient")
    for _ in range(10):
        with pytest.raises(Throttled):
            spend("slow", "patient")
    with pytest.raises(Throttled) as last:
        spend("slow", "patient")

    assert first is not None
    assert (first.remaining, first.full_after) == (1, 3600)
    waits = [refusal.value.facts["retry_after"], last.value.facts["retry_after"]]
    assert all(isinstance(wait, int) and 3500 <= wait <= 3600 for wait in waits)


def test_one_scope_does_not_use_up_another():
    for _ in range(3):
        spend("test", "someone")

    assert spend("guarded", "someone") is not None


def test_without_valkey_a_read_goes_on_and_says_so(client, settings, caplog):
    settings.VORTEX_CACHE_URL = NOBODY_LISTENS

    response = client.get("/api/test/limited")

    assert response.status_code == 200
    assert "RateLimit" not in response
    assert any("http.throttles.unavailable" in str(record.msg) for record in caplog.records)


def test_without_valkey_guessing_is_not_free(settings):
    settings.VORTEX_CACHE_URL = NOBODY_LISTENS

    with pytest.raises(LimitsUnavailable):
        spend("guarded", "guesser")


def test_a_scope_that_nobody_set_is_a_mistake_and_not_unlimited():
    with pytest.raises(LookupError, match="no_such_scope"):
        spend("no_such_scope", "someone")
