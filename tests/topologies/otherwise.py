"""The ledger's own code with one thing done otherwise, to be replayed instead of the real one.

`python -m tests.topologies.otherwise CONTEXT` gives each new account a higher limit.
"""

import sys
from typing import Any

from vortex.binding import rehearsing


def main(context: str) -> int:
    """Change the code once it is there, then serve orders as the service's does."""
    set_up = rehearsing.set_up

    def changed() -> None:
        set_up()
        _be_generous()

    rehearsing.set_up = changed
    return rehearsing.main(context)


def _be_generous() -> None:
    from apps.transactions.services import accounts

    real = accounts.open_account

    def generous(*, overdraft_minor: int, **terms: Any) -> Any:
        return real(overdraft_minor=overdraft_minor + 100, **terms)

    accounts.open_account = generous


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
