"""Every address of the API, in every context: a token with scopes opens what they say, no more."""

import re

import pytest
from django.conf import settings
from django.test import RequestFactory
from drf_spectacular.generators import EndpointEnumerator
from rest_framework.request import Request

from tests.kernel.identity.issuer import Issuer
from vortex.identity.authentication import InsufficientScope, TokenAuthentication

# What a person has said about themselves may be read within a scope of its own.
NAMED = {("GET", "/api/auth/oauth/userinfo"): "openid"}
ENDPOINTS = sorted(
    {(method, path) for path, _, method, _ in EndpointEnumerator().get_api_endpoints()}
)


def opens(token: str, method: str, path: str) -> bool:
    view = next(
        callback.cls
        for known, _, verb, callback in EndpointEnumerator().get_api_endpoints()
        if (verb, known) == (method, path)
    )
    address = re.sub(r"\{[^}]*\}", "0199b3a0-5f3e-7c8e-9d5e-3f1d9d1f0a11", path)
    plain = RequestFactory().generic(method, address, HTTP_AUTHORIZATION=f"Bearer {token}")
    try:
        TokenAuthentication().authenticate(Request(plain, parser_context={"view": view()}))
    except InsufficientScope:
        return False
    return True


@pytest.mark.asvs("V10.3.2")
def test_a_token_that_may_only_read_accounts_reads_accounts_and_nothing_else(
    issuer: Issuer,
) -> None:
    token = issuer.token(scopes=["accounts:read"])

    opened = {(method, path) for method, path in ENDPOINTS if opens(token, method, path)}

    assert opened == {
        (method, path)
        for method, path in ENDPOINTS
        if method == "GET" and re.match(r"/api/(v1/)?accounts(/|$)", path)
    }
    assert opened


def test_no_scope_that_is_given_opens_anything_of_how_people_sign_in(issuer: Issuer) -> None:
    contexts = [context.name for context in settings.VORTEX_CONTEXTS if context.name != "auth"]
    given = [f"{name}:{access}" for name in contexts for access in ("read", "write")]
    token = issuer.token(scopes=[*given, "openid", "profile", "email"])

    opened = {
        (method, path.replace("/v1/", "/"))
        for method, path in ENDPOINTS
        if re.match(r"/api/(v1/)?auth/", path) and opens(token, method, path)
    }

    assert opened <= set(NAMED)


def test_a_programs_token_without_scopes_opens_nothing(issuer: Issuer) -> None:
    token = issuer.token(scopes=[], client_id="0199b3a0-5f3e-7c8e-9d5e-3f1d9d1f0a11")

    assert not [endpoint for endpoint in ENDPOINTS if opens(token, *endpoint)]
