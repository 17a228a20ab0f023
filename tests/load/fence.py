"""What the seams cost: fence and binding against a posting, a remote call against a local one.

`python -m tests.load.fence` opens a durable bank, measures in the monolith, moves the ledger out,
and measures the same calls over the wire. Medians of many, one after the other, on one connection.
The fence shares its round trip with the deadline, which is set anyway: what it adds is told.
"""

import sys
from typing import Any

import msgspec

from tests.bank import Bank, place
from tests.chaos.ledger import open_customers
from tests.topologies.proof import extraction

CALLS = 600
_MEASURE = """
import json, statistics, sys, time
from uuid import UUID
from django.db import connections, transaction
from apps.transactions.contracts import Ledger, Leg, Posting, PostingKind
from vortex.binding import bind
from vortex.contracts import implementation_of
from vortex.db.work import _enter
from vortex.db import alias_of
from vortex.ids import new_id
from vortex.topology import route_of

def median(work, times={calls}):
    for _ in range(30):
        work()
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken) * 1e6

ledger, accounts = bind(Ledger), {accounts}
source, target = UUID(accounts[0]), UUID(accounts[1])

def posting(through):
    made = new_id()
    through.post(posting_id=made, posting=Posting(posting_id=made, kind=PostingKind.TRANSFER,
        legs=(Leg(account_id=source, amount_minor=-1, currency="EUR"),
              Leg(account_id=target, amount_minor=1, currency="EUR"))))

found = dict(
    posting=median(lambda: posting(ledger)),
    balance=median(lambda: ledger.balance(account_id=source)),
    route=route_of("transactions").mode,
)
if found["route"] == "local":
    direct = implementation_of(Ledger)
    connection = connections[alias_of("transactions")]
    def bare():
        with transaction.atomic(using=connection.alias):
            with connection.cursor() as cursor:
                cursor.execute("select set_config('statement_timeout', '30000', true)")
    def fenced():
        with transaction.atomic(using=connection.alias):
            _enter(connection, "transactions")
    found["direct_posting"] = median(lambda: posting(direct))
    found["direct_balance"] = median(lambda: direct.balance(account_id=source))
    found["bare_transaction"], found["fenced_transaction"] = median(bare), median(fenced)
print("MEASURED " + json.dumps(found))
"""


def main() -> int:
    """Print the table; 1 where fence and binding cost more than 3 % of a posting."""
    with place() as directory:
        bank = Bank(directory / "home")
        bank.open(DEMO="0")
        try:
            accounts = [customer.account_id for customer in open_customers(bank)]
            script = _MEASURE.format(calls=CALLS, accounts=accounts)
            local = _measured(bank, script)
            extraction(bank, "move", "transactions")
            remote = _measured(bank, script)
        finally:
            bank.close()
    fence = max(0.0, local["fenced_transaction"] - local["bare_transaction"])
    binding = max(0.0, local["balance"] - local["direct_balance"])
    share = 100 * (fence + binding) / local["posting"]
    sys.stdout.write(
        f"a posting through the binding   {local['posting']:9.0f} µs\n"
        f"the fence                       {fence:9.0f} µs\n"
        f"the binding                     {binding:9.0f} µs\n"
        f"both, of a posting              {share:9.1f} %\n"
        f"a posting over the wire         {remote['posting']:9.0f} µs"
        f"  ({remote['posting'] - local['posting']:+.0f})\n"
        f"a balance in place              {local['balance']:9.0f} µs\n"
        f"a balance over the wire         {remote['balance']:9.0f} µs"
        f"  ({remote['balance'] - local['balance']:+.0f})\n"
    )
    return 0 if share < 3 else 1


def _measured(bank: Bank, script: str) -> dict[str, Any]:
    said = bank.manage("shell", "-c", script)
    line = next(line for line in said.splitlines() if line.startswith("MEASURED "))
    found: dict[str, Any] = msgspec.json.decode(line.removeprefix("MEASURED "))
    return found


if __name__ == "__main__":
    sys.exit(main())
