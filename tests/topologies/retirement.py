"""A context leaves for good: `python -m tests.topologies.retirement`, on a bank under load.

Out, retired while somebody still reads (refused) and while nobody does, the bank opened again
without it, its tables dropped; and the customers' log held against what is left: the service.
"""

import sys
from threading import Thread

import psycopg

from tests.bank import Bank, place, wait_for
from tests.chaos.ledger import Customer, open_customers
from tests.topologies.commands import ended, superuser
from tests.topologies.proof import database, extraction
from tests.topologies.writers import Load, Transfers

CONTEXT = "transactions"
_TABLES = "select count(*) from pg_tables where schemaname = 'public' and tablename like %s"


def main() -> int:
    """Retire the ledger; 1 where anything is not as it should be."""
    with place() as directory:
        bank = Bank(directory / "home")
        bank.open(DEMO="0")
        try:
            troubles = _retire(bank, open_customers(bank))
        finally:
            bank.close()
    for trouble in troubles:
        sys.stdout.write(f"NOT: {trouble}\n")
    sys.stdout.write("the ledger is retired\n" if not troubles else "")
    return 1 if troubles else 0


def _retire(bank: Bank, customers: list[Customer]) -> list[str]:
    kind, troubles = Transfers(), []
    early, _ = ended("retire", CONTEXT, "--seconds", "1", bank=bank)
    troubles += [] if early == 1 else ["a context that is at home was retired"]
    with Load(bank, customers, kind) as load:
        extraction(bank, "move", CONTEXT)
        troubles += _while_somebody_reads(bank)
        answer = extraction(bank, "retire", CONTEXT, "--seconds", "5")
        back, said = ended("rollback", CONTEXT, bank=bank)
    troubles += [f"people saw {load.errors()[0]}"] if load.errors() else []
    troubles += [] if back == 1 else [f"what is retired came back: {said}"]
    troubles += [] if answer["readers"] == 0 and answer["dump"] else [f"no dump: {answer}"]
    bank.close()
    bank.open(DEMO="0")
    extraction(bank, "retire", CONTEXT, "--drop")
    # The bank names that database no more; it stands beside those of the others.
    server = superuser(bank, "accounts").rpartition("/")[0]
    with psycopg.connect(f"{server}/{CONTEXT}_db") as opened:
        left = opened.execute(_TABLES, ("transactions_%",)).fetchone()
    troubles += [] if left == (0,) else [f"{left} tables are left in the monolith"]
    with Load(bank, customers, kind) as load:
        wait_for(lambda: load.acknowledged() > 30, 120, "people pay", bank.said)
    troubles += [f"afterwards people saw {load.errors()[0]}"] if load.errors() else []
    with database(bank, CONTEXT, service=True) as service:
        verdict = kind.verdict(service)
    return troubles + ([f"{verdict}"] if verdict.lost or verdict.doubled else [])


def _while_somebody_reads(bank: Bank) -> list[str]:
    """Ask for it while a forgotten program reads the monolith's copy."""
    with database(bank, CONTEXT) as forgotten:
        asking = True

        def read() -> bool:
            forgotten.execute("select count(*) from transactions_posting")
            return not asking

        reader = Thread(target=wait_for, args=(read, 120, "the reader is told to stop"))
        reader.start()
        code, said = ended("retire", CONTEXT, "--seconds", "3", bank=bank)
        asking = False
        reader.join()
    return [] if code == 1 and "still reads" in said else [f"a reader was not seen: {said}"]


if __name__ == "__main__":
    sys.exit(main())
