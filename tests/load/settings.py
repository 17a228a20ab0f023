"""Settings of a bank under load: as in production, but its tokens are signed by the load test."""

import os

os.environ.setdefault("VORTEX_SECRET_KEY", "a-key-for-load-tests-" + "0" * 40)
os.environ.setdefault("VORTEX_RPC_KEYS", "load:" + "1" * 40)

from config.settings.base import *  # noqa: F403

VORTEX_JWKS_LOADER = "tests.load.issuer.load"
VORTEX_REVOCATIONS_LOADER = "vortex.identity.revocation.nothing"
