"""A move inside a bank that was opened apart: `python -m tests.topologies.apart`, under load.

`make up TOPOLOGY=split:auth` opens a gateway, a monolith without auth, and auth as a service. Then
the ledger moves out of that monolith and back, twice, by the commands that an operator types, while
customers pay through the gateway, and somebody of the staff signs in to the administration of a
monolith that knows no passwords. APART=accounts opens another context apart. It ends in 1 where
anybody saw an error, a write is lost or doubled, or the gateway does not follow.
"""

import os
import subprocess
import sys
from typing import Any

import httpx

from tests.bank import ROOT, Bank, place, wait_for
from tests.chaos.ledger import PASSWORD, open_customers
from tests.topologies.numbers import settle
from tests.topologies.proof import WRITES_BETWEEN, database, extraction
from tests.topologies.writers import Load, Transfers
from vortex.embedded import endpoints

CONTEXT = "transactions"
ROUNDS = 2
_STAFF = "staff@example.com"
_REGISTER = """
from apps.auth.services.registration import register
from apps.auth.tests.authenticators import app_of
from vortex.clock import now
from vortex.ids import new_id
user = register(user_id=new_id(), email="staff@example.com", full_name="Sam Staff",
                password="{password}", roles=("administrator",), registered_at=now())
print(app_of(user).code())
"""


class Operator(Bank):
    """A bank as its operator names it in docs/operate/moving.md: by TOPOLOGY."""

    def environment(self) -> dict[str, str]:
        """Return the environment of an operator: the place of all banks, and the topology."""
        known = super().environment()
        return known | {"VORTEX_HOME": str(self._place), "TOPOLOGY": self.topology}


def main() -> int:
    """Move and roll back; 1 where anything is not as it should be."""
    apart = os.environ.get("APART", "auth")
    with place() as directory:
        named = (directory / "home", f"split:{apart}")
        bank, operator = Bank(named[0], topology=named[1]), Operator(named[0], topology=named[1])
        bank.open(DEMO="0")
        try:
            troubles = _rounds(bank, operator, apart)
        finally:
            bank.close()
    for trouble in troubles:
        sys.stdout.write(f"NOT: {trouble}\n")
    sys.stdout.write(
        "" if troubles else f"{CONTEXT} went out of a bank without {apart}, and back\n"
    )
    return 1 if troubles else 0


def _rounds(bank: Bank, operator: Operator, apart: str) -> list[str]:
    kind, troubles = Transfers(), _refused(operator, apart)
    with Load(bank, open_customers(bank), kind) as load:
        for _ in range(ROUNDS):
            for action, sits in (("move", CONTEXT), ("rollback", "monolith")):
                _go_on(bank, load)
                answer = extraction(operator, action, CONTEXT, "--patience", "90")
                troubles += _followed(bank, sits, answer)
                troubles += _stays(operator, apart)
                sys.stdout.write(f"{action}: writers waited {answer['pause_ms']} ms\n")
                sys.stdout.flush()
        _go_on(bank, load)
    with database(bank, CONTEXT) as opened:
        settle(opened)
        verdict = kind.verdict(opened)
    sys.stdout.write(f"{verdict}, {len(load.errors())} errors\n")
    troubles += _staff_enters(bank) if apart == "auth" else []
    troubles += [f"people saw {load.errors()[0]}"] if load.errors() else []
    return troubles + ([str(verdict)] if verdict.lost or verdict.doubled else [])


def _refused(operator: Operator, apart: str) -> list[str]:
    """What was opened as a service never was in this monolith, and is not moved out of it."""
    answer = extraction(operator, "move", apart, check=False)
    known = "was opened as a service" in answer.get("error", "")
    return [] if answer["exit_code"] == 1 and known else [f"{apart} was moved: {answer}"]


def _followed(bank: Bank, sits: str, answer: dict[str, Any]) -> list[str]:
    """Hold the gateway against where the context is now."""
    troubles = []
    served = httpx.get(f"{bank.url}/api/{CONTEXT}", timeout=30).headers.get("X-Served-By")
    troubles += [] if served == sits else [f"the gateway sends to {served}, not to {sits}"]
    trouble = answer["evidence"]["open"].get("gateway")
    return troubles + ([f"the gateway: {trouble}"] if trouble else [])


def _stays(operator: Operator, apart: str) -> list[str]:
    """What was opened apart is where it was."""
    state = extraction(operator, "status", apart)[apart]
    return [] if state["says"] == "opened as a service" else [f"status of {apart}: {state}"]


def _staff_enters(bank: Bank) -> list[str]:
    """Sign in as an administrator at the one address of the bank."""
    service = endpoints.read(bank.home / "services" / "auth") or {}
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", _REGISTER.format(password=PASSWORD)],
        cwd=ROOT,
        env={**os.environ, **service, "DJANGO_SETTINGS_MODULE": "config.settings.local"},
        capture_output=True,
        text=True,
        check=True,
    )
    code = done.stdout.split()[-1]
    with httpx.Client(base_url=bank.url, timeout=30, follow_redirects=True) as browser:
        browser.get("/admin/")
        said = {"username": _STAFF, "password": PASSWORD}
        browser.post("/admin/login/", data=said | _token(browser))
        entered = browser.post("/admin/second-factor/", data={"code": code} | _token(browser))
        looked = browser.get("/admin/")
    troubles = [] if entered.url.path == "/admin/" else [f"staff came to {entered.url}"]
    return troubles + ([] if looked.url.path == "/admin/" else [f"staff are at {looked.url}"])


def _token(browser: httpx.Client) -> dict[str, str]:
    return {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}


def _go_on(bank: Bank, load: Load) -> None:
    goal = load.acknowledged() + WRITES_BETWEEN
    wait_for(
        lambda: load.acknowledged() >= goal,
        120,
        "people pay",
        lambda: str(load.errors()[-3:]) + bank.said(),
    )


if __name__ == "__main__":
    sys.exit(main())
