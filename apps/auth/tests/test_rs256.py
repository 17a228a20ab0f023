"""Id tokens by RS256, for libraries that know nothing else; access tokens stay EdDSA."""

from typing import Any

import jwt
import msgspec
import pytest
from django.core.management import call_command
from django.test import Client

from apps.auth.adapters import signing
from apps.auth.models import SigningKey, User
from apps.auth.services import keys
from apps.auth.services.oauth import clients
from apps.auth.services.oauth.server import issuer
from apps.auth.tests.factories import OWN, sign_in
from apps.auth.tests.programs import Program, a_program
from vortex import identity
from vortex.clock import now
from vortex.identity import InvalidToken
from vortex.identity.keys import ring

pytestmark = pytest.mark.django_db(databases=[OWN])


def published() -> list[dict[str, str]]:
    found: list[dict[str, str]] = Client().get("/.well-known/jwks.json").json()["keys"]
    return found


def judged(token: str, program: Program) -> Any:
    """Judge an id token as a client does that knows RS256 only."""
    kid = jwt.get_unverified_header(token)["kid"]
    [key] = [one for one in published() if one["kid"] == kid]
    return jwt.decode(
        token,
        jwt.PyJWK(key, "RS256"),
        algorithms=["RS256"],
        audience=program.client.client_id,
        issuer=issuer(),
    )


def test_a_program_that_knows_only_rs256_signs_a_person_in(ada: User):
    program = a_program(id_token_alg="RS256")

    tokens = program.tokens_of(ada)

    assert judged(tokens["id_token"], program)["sub"] == str(ada.pk)
    assert jwt.get_unverified_header(tokens["access_token"])["alg"] == "EdDSA"
    told = Client().get("/.well-known/openid-configuration").json()
    assert set(told["id_token_signing_alg_values_supported"]) == {"RS256", "EdDSA"}
    assert {one["alg"] for one in published()} == {"RS256", "EdDSA"}


def test_each_program_gets_the_algorithm_that_it_asked_for(ada: User):
    programs = [a_program(), a_program(id_token_alg="RS256")]

    found = [jwt.get_unverified_header(one.tokens_of(ada)["id_token"])["alg"] for one in programs]

    assert found == ["EdDSA", "RS256"]
    with pytest.raises(clients.UnknownAlgorithm):
        a_program(id_token_alg="none")


def test_both_keys_rotate_and_what_the_former_ones_signed_stays_good(ada: User):
    program = a_program(id_token_alg="RS256")
    before, mine = program.tokens_of(ada)["id_token"], sign_in(ada)

    call_command("rotate_keys")

    after = program.tokens_of(ada)["id_token"]
    kids = {jwt.get_unverified_header(one)["kid"] for one in (before, after)}
    assert len(kids) == 2
    assert judged(before, program)["sub"] == judged(after, program)["sub"] == str(ada.pk)
    ring.cache_clear()
    assert identity.verify(mine.access).user_id == ada.pk
    states = SigningKey.objects.order_by("algorithm", "state").values_list("algorithm", "state")
    assert list(states) == [
        ("EdDSA", "active"),
        ("EdDSA", "retiring"),
        ("RS256", "active"),
        ("RS256", "retiring"),
    ]


def test_stolen_keys_vouch_for_nothing_of_either_kind(ada: User):
    program = a_program(id_token_alg="RS256")
    program.tokens_of(ada)
    former = {one["kid"] for one in published()}

    call_command("rotate_keys", "--stolen")

    assert former.isdisjoint({one["kid"] for one in published()})


def test_an_rsa_key_opens_no_account(ada: User):
    """The key that vouches for id tokens signs something that looks like an access token."""
    program = a_program(id_token_alg="RS256")
    program.tokens_of(ada)
    claims = jwt.decode(sign_in(ada).access, options={"verify_signature": False})
    by = keys.signer(algorithm="RS256", now=now())
    forged = jwt.encode(claims, by.private, algorithm="RS256", headers={"kid": by.kid})

    ring.cache_clear()
    with pytest.raises(InvalidToken):
        identity.verify(forged)


def test_a_private_rsa_key_is_sealed_and_never_published(ada: User):
    a_program(id_token_alg="RS256").tokens_of(ada)
    key = SigningKey.objects.get(algorithm="RS256")

    [shown] = [one for one in published() if one["kid"] == key.kid]

    assert set(shown) == {"kty", "n", "e", "kid", "use", "alg"}
    private = signing.unseal_rsa(key.kid, bytes(key.sealed_private_key)).private_numbers()
    assert msgspec.json.encode(shown).find(str(private.d).encode()) == -1
    assert private.p.to_bytes(128, "big") not in bytes(key.sealed_private_key)


def test_an_rsa_key_is_named_by_its_thumbprint():
    """The example of RFC 7638, section 3.1."""
    n = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECP"
        "ebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY"
        "368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0f"
        "M4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    )

    assert signing._thumbprint({"kty": "RSA", "n": n, "e": "AQAB"}) == (
        "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    )
