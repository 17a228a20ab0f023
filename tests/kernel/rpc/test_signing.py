"""A call token is worth one operation, one body and one minute."""

from datetime import timedelta
from functools import partial
from typing import Any

import jwt
import pytest
import time_machine

from tests.kernel.sample import Warehouse
from vortex.clock import now
from vortex.contracts import operations
from vortex.rpc import signing
from vortex.rpc.signing import CallNotSigned, sign, verify
from vortex.testing import person

ORDER, STOCK, _ = operations(Warehouse)
OLD, NEW = ("old", "1" * 40), ("new", "2" * 40)


def test_a_token_says_who_calls_and_for_whom() -> None:
    actor = person("support_agent")

    call = verify(sign(ORDER, b"{}", issuer="payments", actor=actor), ORDER, b"{}")

    assert (call.issuer, call.actor) == ("payments", actor)


def test_every_token_has_an_id_of_its_own() -> None:
    tokens = [sign(ORDER, b"{}", issuer="payments", actor=None) for _ in range(2)]

    first, second = (verify(token, ORDER, b"{}") for token in tokens)

    assert first.token_id != second.token_id


def test_a_token_does_not_carry_another_body() -> None:
    token = sign(ORDER, b'{"amount": 1}', issuer="payments", actor=None)

    with pytest.raises(CallNotSigned, match="another body"):
        verify(token, ORDER, b'{"amount": 9}')


def test_a_token_does_not_open_another_operation() -> None:
    token = sign(STOCK, b"{}", issuer="payments", actor=None)

    with pytest.raises(CallNotSigned, match="another operation"):
        verify(token, ORDER, b"{}")


def test_a_token_is_dead_after_its_minute() -> None:
    token = sign(ORDER, b"{}", issuer="payments", actor=None)

    with time_machine.travel(now() + timedelta(seconds=61)), pytest.raises(CallNotSigned):
        verify(token, ORDER, b"{}")


def _forged(algorithm: Any = "HS256", **changes: Any) -> str:
    """Return a token signed with the right key that says something else."""
    key_id, secret = signing._keys()[0]
    claims = jwt.decode(
        sign(ORDER, b"{}", issuer="payments", actor=None), options={"verify_signature": False}
    )
    altered = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    key: Any = {"none": None, "HS512": secret * 2}.get(algorithm, secret)
    return jwt.encode(altered, key, algorithm=algorithm, headers={"kid": key_id})


@pytest.mark.parametrize(
    "token",
    [
        lambda: _forged(aud="accounts"),
        lambda: _forged(exp=int(now().timestamp()) + 3600),
        lambda: _forged(iat=int(now().timestamp()) + 30),
        lambda: _forged(act={"user_id": "nobody"}),
        lambda: _forged(act="administrator"),
        lambda: _forged(algorithm="none"),
        lambda: _forged(algorithm="HS512"),
        lambda: _forged()[:-4] + "AAAA",
        lambda: "not.a.token",
        lambda: "",
        *[partial(_forged, **{name: None}) for name in ("iss", "exp", "jti", "sha256", "op")],
    ],
)
def test_what_the_key_holder_would_never_say_is_refused(token: Any) -> None:
    with pytest.raises(CallNotSigned):
        verify(token(), ORDER, b"{}")


def test_keys_rotate_without_a_moment_in_which_calls_fail(settings: Any) -> None:
    settings.VORTEX_RPC_KEYS = (OLD,)
    signed_before = sign(ORDER, b"{}", issuer="payments", actor=None)

    settings.VORTEX_RPC_KEYS = (OLD, NEW)  # everyone learns the new key
    still_old = sign(ORDER, b"{}", issuer="payments", actor=None)
    settings.VORTEX_RPC_KEYS = (NEW, OLD)  # then everyone signs with it
    signed_after = sign(ORDER, b"{}", issuer="payments", actor=None)

    for token in (signed_before, still_old, signed_after):
        assert verify(token, ORDER, b"{}").issuer == "payments"
    assert jwt.get_unverified_header(still_old)["kid"] == "old"
    assert jwt.get_unverified_header(signed_after)["kid"] == "new"


def test_a_key_that_was_dropped_signs_nothing_any_more(settings: Any) -> None:
    settings.VORTEX_RPC_KEYS = (OLD,)
    token = sign(ORDER, b"{}", issuer="payments", actor=None)

    settings.VORTEX_RPC_KEYS = (NEW,)

    with pytest.raises(CallNotSigned):
        verify(token, ORDER, b"{}")


def test_a_key_that_can_be_guessed_signs_nothing(settings: Any) -> None:
    settings.VORTEX_RPC_KEYS = (("short", "secret"),)

    with pytest.raises(RuntimeError, match="too short"):
        sign(ORDER, b"{}", issuer="payments", actor=None)
