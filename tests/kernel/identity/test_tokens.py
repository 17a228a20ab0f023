"""Which tokens get in: only ours, only access tokens, only while they live."""

import base64
import hashlib
import hmac
from datetime import timedelta

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vortex.clock import now
from vortex.contracts import Principal
from vortex.identity import InvalidToken, TokenExpired, keys, tokens, verify
from vortex.ids import new_id

pytestmark = pytest.mark.servers


def encoded(value) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(value)).rstrip(b"=").decode()


def test_a_good_token_says_whom_it_belongs_to(issuer):
    owner = Principal(
        user_id=new_id(), session_id=new_id(), roles=("customer", "analyst"), amr=("pwd", "otp")
    )

    principal = verify(issuer.token(owner, amr=["pwd", "otp"], auth_time=1_700_000_000))

    assert principal.user_id == owner.user_id
    assert principal.session_id == owner.session_id
    assert principal.roles == owner.roles
    assert principal.amr == ("pwd", "otp")
    assert principal.auth_time == 1_700_000_000


def test_a_token_by_a_published_p256_key_is_accepted(issuer):
    raw = issuer.sign(
        issuer.claims(), key=issuer.p256, algorithm="ES256", headers={"kid": "first-p256"}
    )

    assert verify(raw).roles == ("customer",)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another-api"},
        {"aud": ["vortexcore-api", "another-api"]},
        {"iss": "somebody-else"},
        {"token_type": "refresh"},
        {"token_type": None},
        {"exp": None},
        {"iat": None},
        {"nbf": None},
        {"iss": None},
        {"aud": None},
        {"sub": None},
        {"sid": None},
        {"jti": None},
        {"sub": "not-a-uuid"},
        {"sid": "1"},
        {"roles": "administrator"},
        {"kind": "root"},
        {"exp": "tomorrow"},
    ],
    ids=str,
)
def test_a_token_with_wrong_or_missing_claims_is_refused(issuer, changes):
    with pytest.raises(InvalidToken):
        verify(issuer.token(**changes))


def test_a_token_from_the_future_is_refused(issuer):
    later = (now() + timedelta(minutes=5)).timestamp()

    with pytest.raises(InvalidToken):
        verify(issuer.token(nbf=later))
    with pytest.raises(InvalidToken):
        verify(issuer.token(iat=later))


def test_a_token_that_lives_longer_than_a_day_is_refused(issuer):
    with pytest.raises(InvalidToken):
        verify(issuer.token(exp=(now() + timedelta(hours=25)).timestamp()))


def test_an_expired_token_is_refused_also_when_it_was_seen_before(issuer, time_machine):
    raw = issuer.token()
    verify(raw)

    time_machine.move_to(now() + timedelta(minutes=16))

    with pytest.raises(TokenExpired):
        verify(raw)
    with pytest.raises(TokenExpired):
        verify(issuer.token(exp=(now() - timedelta(minutes=1)).timestamp()))


def test_an_unsigned_token_is_refused(issuer):
    for algorithm in ("none", "None", "NONE", ""):
        raw = f"{encoded({'alg': algorithm, 'kid': 'first'})}.{encoded(issuer.claims())}."
        with pytest.raises(InvalidToken):
            verify(raw)


def test_the_public_key_is_no_shared_secret(issuer):
    public = issuer.key.public_key()
    formats = serialization.PublicFormat
    guesses = [
        public.public_bytes_raw(),
        public.public_bytes(serialization.Encoding.PEM, formats.SubjectPublicKeyInfo),
        issuer.jwks().encode(),
    ]

    for algorithm in ("HS256", "HS384", "HS512"):
        for secret in guesses:
            signed = (
                f"{encoded({'alg': algorithm, 'kid': 'first'})}.{encoded(issuer.claims())}".encode()
            )
            digest = hmac.new(secret, signed, getattr(hashlib, f"sha{algorithm[2:]}")).digest()
            mac = base64.urlsafe_b64encode(digest).rstrip(b"=")
            with pytest.raises(InvalidToken):
                verify((signed + b"." + mac).decode())


def test_the_algorithm_is_the_keys_and_not_the_tokens(issuer):
    by_p256_under_the_other_kid = issuer.sign(
        issuer.claims(), key=issuer.p256, algorithm="ES256", headers={"kid": "first"}
    )

    with pytest.raises(InvalidToken):
        verify(by_p256_under_the_other_kid)


@pytest.mark.parametrize(
    "kid",
    [
        None,
        "",
        7,
        ["first"],
        "unknown",
        "../../../dev/null",
        "first' or '1'='1",
        "https://attacker.example/jwks.json",
        "first\x00",
        "x" * 5000,
    ],
    ids=lambda kid: repr(kid)[:20],
)
def test_a_key_id_finds_a_published_key_or_nothing(issuer, kid):
    head, payload = encoded({"alg": "EdDSA", "kid": kid}), encoded(issuer.claims())
    signature = base64.urlsafe_b64encode(issuer.key.sign(f"{head}.{payload}".encode()))

    with pytest.raises(InvalidToken):
        verify(f"{head}.{payload}.{signature.rstrip(b'=').decode()}")


def test_a_token_brings_no_key_of_its_own(issuer):
    stranger = Ed25519PrivateKey.generate()
    jwk = {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": base64.urlsafe_b64encode(stranger.public_key().public_bytes_raw()).decode(),
    }

    for header in (
        {"kid": "first", "jwk": jwk},
        {"kid": "first", "jku": "https://attacker.example/jwks.json"},
        {"kid": "first", "x5u": "https://attacker.example/cert.pem"},
    ):
        with pytest.raises(InvalidToken):
            verify(issuer.sign(issuer.claims(), key=stranger, headers=header))


def test_a_token_with_a_critical_extension_is_refused(issuer):
    with pytest.raises(InvalidToken):
        verify(issuer.sign(issuer.claims(), headers={"kid": "first", "crit": ["b64"], "b64": True}))


def test_a_changed_token_is_refused(issuer):
    head, payload, signature = issuer.token().split(".")
    claims = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=="))
    promoted = encoded({**claims, "roles": ["administrator"]})

    with pytest.raises(InvalidToken):
        verify(f"{head}.{promoted}.{signature}")
    with pytest.raises(InvalidToken):
        verify(f"{head}.{payload}.{'A' * len(signature)}")


@pytest.mark.parametrize(
    "raw", ["", ".", "..", "a.b.c", "é.é.é", "x" * 100_000, "null", "eyJhbGciOiJub25lIn0"]
)
def test_what_is_no_token_is_refused(issuer, raw):
    with pytest.raises(InvalidToken):
        verify(raw)


def test_a_withdrawn_key_takes_its_verified_tokens_along(issuer):
    raw = issuer.token()
    verify(raw)

    issuer.kid = "second"
    keys.ring.cache_clear()

    with pytest.raises(InvalidToken):
        verify(raw)


def test_the_memory_of_verified_tokens_is_bounded(issuer):
    memory = tokens._Recent(capacity=2)
    first, second, third = (tokens.verify_signature(issuer.token()) for _ in range(3))

    memory.put(b"1", first)
    memory.put(b"2", second)
    assert memory.get(b"1") is first
    memory.put(b"3", third)

    assert memory.get(b"2") is None
    assert memory.get(b"1") is first
    assert memory.get(b"3") is third
