"""An issuer whose keys this process knows, and a Valkey without marks."""

from collections.abc import Iterator

import pytest

from tests.kernel.identity import issuer as issuers
from vortex import valkey
from vortex.identity import keys, tokens


@pytest.fixture
def issuer(settings) -> Iterator[issuers.Issuer]:
    settings.VORTEX_JWKS_LOADER = "tests.kernel.identity.issuer.load"
    issuers.current[0] = issuers.Issuer()
    keys.ring.cache_clear()
    tokens.recent.clear()
    valkey.client().flushdb()
    yield issuers.current[0]
    keys.ring.cache_clear()
    tokens.recent.clear()
