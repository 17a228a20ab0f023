"""Signing keys: sealed at rest, public by JWKS, replaced without signing anybody out."""

from datetime import timedelta
from typing import Any

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import call_command
from django.db import IntegrityError
from rest_framework.test import APIClient

from apps.auth.adapters import signing
from apps.auth.contracts import TokenKeys
from apps.auth.models import SigningKey, User
from apps.auth.services import keys, sessions
from apps.auth.services.sessions import InvalidRefreshToken
from apps.auth.tests.factories import OWN, sign_in
from vortex import identity
from vortex.binding import bind
from vortex.clock import now
from vortex.identity import InvalidToken
from vortex.identity.keys import ring

pytestmark = pytest.mark.django_db(databases=[OWN])


def public_keys() -> dict[str, dict[str, str]]:
    found = msgspec.json.decode(bind(TokenKeys).verification_keys().jwks)["keys"]
    return {key["kid"]: key for key in found}


def test_the_first_need_makes_a_key_and_the_next_uses_it():
    assert list(public_keys()) == list(public_keys()) == [SigningKey.objects.get().kid]


def test_a_private_key_is_sealed_and_never_published():
    published, key = public_keys(), SigningKey.objects.get()

    raw = signing.unseal(key.kid, bytes(key.sealed_private_key)).private_bytes_raw()

    assert raw not in bytes(key.sealed_private_key)
    assert set(published[key.kid]) == {"kty", "crv", "x", "kid", "use", "alg"}


def test_a_key_is_named_by_its_thumbprint():
    """The example of RFC 8037, appendix A.3."""
    example = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert signing._thumbprint({"kty": "OKP", "crv": "Ed25519", "x": example}) == (
        "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    )


def test_a_key_sealed_under_another_secret_says_what_to_do(settings):
    keys.keys_for_tokens(now=now())
    former = settings.SECRET_KEY

    settings.SECRET_KEY = "another" * 10
    with pytest.raises(signing.KeyUnsealableError, match="rotate_keys"):
        keys.keys_for_tokens(now=now())

    settings.SECRET_KEY_FALLBACKS = [former]
    assert keys.keys_for_tokens(now=now()).kid == SigningKey.objects.get().kid


def test_a_rotation_signs_nobody_out(ada: User, capsys):
    before = sign_in(ada)

    call_command("rotate_keys")

    after = sign_in(ada)
    kids = [jwt.get_unverified_header(tokens.access)["kid"] for tokens in (before, after)]
    assert kids[1] in capsys.readouterr().out
    assert set(public_keys()) == set(kids)
    for tokens in (before, after):
        ring.cache_clear()
        assert identity.verify(tokens.access).user_id == ada.pk
        assert sessions.refresh(token=tokens.refresh, now=now()).expires_in > 0
    former = SigningKey.objects.get(kid=kids[0])
    assert (former.state, bytes(former.sealed_private_key)) == ("retiring", b"")


def test_a_former_key_vouches_until_its_last_token_has_expired(ada: User):
    sign_in(ada)
    keys.rotate_keys(now=now())
    kids = set(public_keys())

    jwks = keys.verification_jwks(now=now() + timedelta(days=30, seconds=1))

    assert len(kids) == 2
    assert len(msgspec.json.decode(jwks)["keys"]) == 1
    keys.rotate_keys(now=now() + timedelta(days=31))
    assert SigningKey.objects.filter(state="retired").count() == 1


def test_a_stolen_key_vouches_for_nothing_any_more(ada: User):
    tokens = sign_in(ada)

    call_command("rotate_keys", "--stolen")

    ring.cache_clear()
    with pytest.raises(InvalidToken):
        identity.verify(tokens.access)
    with pytest.raises(InvalidRefreshToken):
        sessions.refresh(token=tokens.refresh, now=now())


def test_postgresql_keeps_one_active_key_at_most():
    keys.keys_for_tokens(now=now())
    fresh = signing.generate()

    with pytest.raises(IntegrityError):
        SigningKey.objects.create(
            kid=fresh.kid,
            state="active",
            public_jwk=fresh.public_jwk,
            sealed_private_key=fresh.sealed_private_key,
            created_at=now(),
        )


def test_the_well_known_address_gives_keys_that_an_independent_reader_verifies_with(
    api: APIClient, ada: User
):
    answer = api.get("/.well-known/jwks.json")

    assert answer["Content-Type"] == "application/jwk-set+json"
    assert "max-age" in answer["Cache-Control"]
    key_set = jwt.PyJWKSet.from_json(answer.content.decode())
    token = sign_in(ada).access
    claims = jwt.decode(
        token,
        key_set[jwt.get_unverified_header(token)["kid"]],
        algorithms=["EdDSA"],
        audience="vortexcore-api",
        issuer="vortexcore",
    )
    assert claims["sub"] == str(ada.pk)
    assert api.post("/.well-known/jwks.json").status_code == 405


def test_the_same_arguments_give_the_same_refresh_token():
    from apps.auth.adapters.tokens import Keys, RefreshToken

    private = Ed25519PrivateKey.generate()
    own = Keys("kid", private, {"kid": private.public_key()})
    instant = now()
    told: dict[str, Any] = {
        "token_id": "one",
        "issued_at": instant,
        "expires_at": instant + timedelta(days=1),
        "sid": "two",
    }

    assert RefreshToken.issued(own, **told) == RefreshToken.issued(own, **told)
