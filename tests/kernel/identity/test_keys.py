"""Keys are fetched rarely, never at a stranger's command, and outlive a short silence of auth."""

import asyncio
import threading

import pytest

from tests.kernel.identity.issuer import Issuer
from vortex.identity.keys import (
    FRESH_SECONDS,
    PAUSE_SECONDS,
    STALE_SECONDS,
    KeyRing,
    VerificationKeysUnavailable,
)


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def issuer():
    return Issuer()


@pytest.fixture
def ring(issuer, clock):
    return KeyRing(issuer.jwks, clock=clock)


def test_keys_are_fetched_once_and_again_after_five_minutes(ring, issuer, clock):
    for _ in range(10):
        assert ring.find("first") is not None
    assert issuer.loads == 1

    clock.seconds += FRESH_SECONDS + 1
    ring.find("first")

    assert issuer.loads == 2


def test_a_new_key_is_found_without_waiting_for_the_five_minutes(ring, issuer, clock):
    ring.find("first")
    issuer.kid = "second"
    clock.seconds += PAUSE_SECONDS

    assert ring.find("second") is not None


def test_unknown_key_ids_cause_one_fetch_in_five_seconds_however_many_come(ring, issuer, clock):
    ring.find("first")
    clock.seconds += PAUSE_SECONDS

    for number in range(100):
        assert ring.find(f"guess-{number}") is None

    assert issuer.loads == 2


def test_known_keys_go_on_for_an_hour_while_auth_is_down(ring, issuer, clock):
    ring.find("first")
    issuer.is_down = True

    clock.seconds += FRESH_SECONDS + 1
    assert ring.find("first") is not None

    clock.seconds += STALE_SECONDS
    with pytest.raises(VerificationKeysUnavailable):
        ring.find("first")


def test_without_any_key_the_answer_is_unavailable_and_not_invalid(ring, issuer, clock):
    issuer.is_down = True
    with pytest.raises(VerificationKeysUnavailable):
        ring.find("first")

    issuer.is_down = False
    clock.seconds += PAUSE_SECONDS

    assert ring.find("first") is not None


def test_those_who_come_during_the_first_fetch_wait_for_it():
    issuer, fetching, go_on = Issuer(), threading.Event(), threading.Event()

    def slowly() -> str:
        fetching.set()
        go_on.wait(10)
        return issuer.jwks()

    ring, found = KeyRing(slowly), []
    threads = [threading.Thread(target=lambda: found.append(ring.find("first"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    fetching.wait(10)
    go_on.set()
    for thread in threads:
        thread.join(10)

    assert len(found) == 4
    assert all(found)
    assert issuer.loads == 1


def test_a_key_that_may_not_sign_tokens_is_left_out(clock):
    text = (
        '{"keys": [{"kty": "oct", "kid": "secret", "k": "AAAA"},'
        ' {"kty": "RSA", "kid": "rsa", "n": "AQAB", "e": "AQAB"},'
        ' {"kty": "OKP", "crv": "Ed25519", "kid": "enc", "use": "enc",'
        ' "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},'
        ' {"kty": "OKP", "crv": "Ed25519", "kid": "confused", "alg": "HS256",'
        ' "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}'
    )
    ring = KeyRing(lambda: text, clock=clock)

    assert [ring.find(kid) for kid in ("secret", "rsa", "enc", "confused")] == [None] * 4


async def test_an_event_loop_fetches_nothing_and_takes_no_turn_from_the_threads(
    ring, issuer, clock
):
    with pytest.raises(VerificationKeysUnavailable):
        ring.find(issuer.kid)

    # In the same second: a fetch that failed in the loop would have made this wait for five.
    found = await asyncio.to_thread(ring.find, issuer.kid)

    assert found is not None
    assert ring.find(issuer.kid) is found
