"""Measures what it costs to know who is calling: `python -m tests.load.tokens`.

Prints the median and the 95th percentile, in microseconds and in process, of verifying an access
token for the first time (the signature alone is most of it), every further time, and in a mix; and
with the revocation check where VORTEX_CACHE_URL names a Valkey. The target is a median under 150 µs
in the mix without the check.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from typing import Final

from django.conf import settings

TOKENS: Final = 1_000
USES: Final = 10  # a client that asks every 90 seconds while its token lives
TARGET_MICROSECONDS: Final = 150.0


def main() -> int:
    """Measure and print; return 1 when the target is missed."""
    settings.configure(
        VORTEX_JWKS_LOADER="tests.kernel.identity.issuer.load",
        VORTEX_REVOCATIONS_LOADER="vortex.identity.revocation.nothing",
        VORTEX_TOKEN_AUDIENCE="vortexcore-api",
        VORTEX_TOKEN_ISSUER="vortexcore",
        VORTEX_CACHE_URL=os.environ.get("VORTEX_CACHE_URL", ""),
    )
    from tests.kernel.identity.issuer import current
    from vortex.identity.tokens import recent, verify, verify_signature

    fresh = [current[0].token() for _ in range(TOKENS)]
    measured("the first time", verify_signature, fresh)
    measured("every further time", verify_signature, fresh)
    recent.clear()
    median = measured(f"each token {USES} times", verify_signature, fresh * USES)
    if settings.VORTEX_CACHE_URL:
        measured("with the revocation check", verify, fresh)
    return 0 if median < TARGET_MICROSECONDS else 1


def measured(title: str, verify: Callable[[str], object], tokens: Iterable[str]) -> float:
    """Print how long each call took and return the median in microseconds."""
    took = []
    for token in tokens:
        started = time.perf_counter_ns()
        verify(token)
        took.append((time.perf_counter_ns() - started) / 1000)
    median, late = statistics.median(took), statistics.quantiles(took, n=20)[-1]
    sys.stdout.write(f"{title:<42} median {median:7.1f} µs   p95 {late:7.1f} µs\n")
    return median


if __name__ == "__main__":
    sys.exit(main())
