"""Settings of the tests: strict walls, quick hashes, servers from vortex.testing.plugin."""

import os

os.environ.setdefault("VORTEX_SECRET_KEY", "a-key-for-tests-only-" + "0" * 40)
os.environ.setdefault("VORTEX_RPC_KEYS", "test:" + "1" * 40)
os.environ.setdefault("VORTEX_METRICS_TOKEN", "metrics-for-tests")

from config.settings.base import *  # noqa: E402, F403

VORTEX_STRICT = True
# A thousandth of the cost: what is tested here is who gets in, not how long guessing takes.
PASSWORD_HASHERS = ["vortex.testing.hashers.QuickHasher"]
LOGGING = {"level": "WARNING", "format": "console"}
# No token was issued before the tests began.
VORTEX_REVOCATIONS_LOADER = "vortex.identity.revocation.nothing"
# Limits are tested with limits of their own; elsewhere they would make tests depend on each other.
VORTEX_RATE_LIMITS = {name: (10**6, 60, fails) for name, (*_, fails) in VORTEX_RATE_LIMITS.items()}  # noqa: F405
# WhiteNoise warns of a directory that is not there, and warnings fail tests.
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405
