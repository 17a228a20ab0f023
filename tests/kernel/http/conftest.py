"""A client of the small site, signed in by a real token where a test asks for it."""

from collections.abc import Iterator

import pytest
from rest_framework.test import APIClient

from tests.kernel.identity.issuer import Issuer, current
from vortex import valkey
from vortex.identity import keys, tokens
from vortex.testing import person


@pytest.fixture(autouse=True)
def _site(settings) -> Iterator[None]:
    settings.ROOT_URLCONF = "tests.kernel.http.site"
    settings.VORTEX_JWKS_LOADER = "tests.kernel.identity.issuer.load"
    keys.ring.cache_clear()
    tokens.recent.clear()
    valkey.client().flushdb()
    yield
    keys.ring.cache_clear()
    tokens.recent.clear()


@pytest.fixture
def issuer() -> Issuer:
    return current[0]


@pytest.fixture
def client():
    client = APIClient(raise_request_exception=False)
    client.default_format = "json"
    return client


@pytest.fixture
def somebody():
    return person()


@pytest.fixture
def signed_in(client, issuer, somebody):
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {issuer.token(somebody)}")
    return client
