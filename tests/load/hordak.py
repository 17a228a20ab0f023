"""django-hordak in a Django of its own: `python -m tests.load.hordak`, with "prepare" or seconds.

Prints how many milliseconds each transfer took. HORDAK_URL says where its tables are.
"""

import os
import random
import sys
import time
from typing import Any, Final

import django
from django.conf import settings
from django.core.management import call_command

from vortex.db.urls import database

_ACCOUNTS: Final = 100


def main() -> None:
    """Prepare, or measure."""
    settings.configure(
        INSTALLED_APPS=[
            *("django.contrib.contenttypes", "django.contrib.auth"),
            *("mptt", "hordak"),
        ],
        DATABASES={"default": database(os.environ["HORDAK_URL"], "")},
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        USE_TZ=True,
    )
    django.setup()
    if sys.argv[1] == "prepare":
        _prepare()
    else:
        _measure(float(sys.argv[1]))


def _prepare() -> None:
    from hordak.models import Account, AccountType  # type: ignore[import-untyped]

    call_command("migrate", verbosity=0)
    for number in range(_ACCOUNTS):
        Account.objects.create(
            name=f"account {number}",
            code=str(number),
            type=AccountType.asset,
            currencies=["EUR"],
        )


def _measure(seconds: float) -> None:
    from hordak.models import Account
    from moneyed import Money

    accounts: list[Any] = list(Account.objects.all())
    one = Money("0.01", "EUR")
    ends_at = time.monotonic() + seconds
    taken = []
    while (started := time.monotonic()) < ends_at:
        source, target = random.sample(accounts, 2)
        source.transfer_to(target, one)
        taken.append((time.monotonic() - started) * 1000)
    sys.stdout.write("\n".join(f"{one:.3f}" for one in taken) + "\n")


if __name__ == "__main__":
    main()
