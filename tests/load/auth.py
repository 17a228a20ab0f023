"""Measures what signing in costs: `python -m tests.load.auth`, in process and without a server.

Prints the median and the 95th percentile of argon2id with this bank's parameters and with Django's,
in milliseconds: what a sign-in costs above everything else. tests/load/tokens.py measures what
knowing who calls costs afterwards.
"""

import statistics
import sys
import time
from typing import Final

from argon2.low_level import Type, hash_secret

_TIMES: Final = 15
_SALT: Final = b"sixteen bytes ok"
_TARGET_MILLISECONDS: Final = 150.0


def main() -> int:
    """Measure and print; return 1 where a hash takes longer than a person should wait."""
    from django.contrib.auth.hashers import Argon2PasswordHasher

    from apps.auth.adapters.argon2 import Argon2id

    own = measured("this bank", Argon2id)
    measured("Django's default", Argon2PasswordHasher)
    return 0 if own < _TARGET_MILLISECONDS else 1


def measured(title: str, hasher: type) -> float:
    """Print how long a hash takes and return the median in milliseconds."""
    took = []
    time_cost, memory, lanes = (
        int(getattr(hasher, name)) for name in ("time_cost", "memory_cost", "parallelism")
    )
    for _ in range(_TIMES):
        started = time.perf_counter()
        hash_secret(b"a long enough pass phrase", _SALT, time_cost, memory, lanes, 16, Type.ID)
        took.append((time.perf_counter() - started) * 1000)
    median, late = statistics.median(took), statistics.quantiles(took, n=20)[-1]
    cost = f"m={memory / 1024:.0f} MiB t={time_cost} p={lanes}"
    sys.stdout.write(f"{title:<18} {cost:<24} median {median:6.1f} ms   p95 {late:6.1f} ms\n")
    return median


if __name__ == "__main__":
    sys.exit(main())
