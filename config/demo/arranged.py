"""What stands around the demonstration's accounts, so that no screen of them is empty.

The accounts that journeys pay from have nothing that holds a payment back or follows one.
"""

from typing import Final

from apps.accounts.contracts import (
    ArrangedLimit,
    ArrangedMonitor,
    ArrangedPot,
    Arrangement,
)
from apps.transactions.contracts import Channel, Period

# By the account's key, and who shares it by the key of the person.
ARRANGED: Final[dict[str, tuple[Arrangement, str]]] = {
    "customer1/checking": (
        Arrangement(
            limits=(ArrangedLimit(period=Period.DAY, channel=Channel.CASH, amount_minor=50_000),),
            monitors=(ArrangedMonitor(kind="low", amount_minor=20_000),),
            cards=("Online shopping",),
            alias="clara",
        ),
        "",
    ),
    "customer1/savings": (
        Arrangement(pots=(ArrangedPot(name="Crete", goal_minor=150_000, start_minor=40_000),)),
        "",
    ),
    "customer1/pounds": (
        Arrangement(pots=(ArrangedPot(name="Edinburgh", goal_minor=30_000, round_up_minor=100),)),
        "",
    ),
    "mertens/checking": (Arrangement(alias="ines.mertens"), "mertens2"),
}
