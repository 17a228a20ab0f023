"""Commands of extraction as an operator gives them to a bank of a test, and its databases."""

import subprocess
import sys

from tests.bank import ROOT, Bank
from tests.topologies.proof import database_of
from vortex.embedded.postgres import ADMIN
from vortex.embedded.secrets import Secrets


def ended(*words: str, bank: Bank, module: str = "extraction", **more: str) -> tuple[int, str]:
    """Run a command to its end; return its exit code and all it said."""
    with begun(*words, bank=bank, module=module, **more) as command:
        said, _ = command.communicate(timeout=300)
    return command.returncode, said


def begun(
    *words: str, bank: Bank, module: str = "extraction", **more: str
) -> "subprocess.Popen[str]":
    """Begin a command, which Ctrl-C reaches though tests that run in the background ignore it."""
    return subprocess.Popen(
        ["env", "--default-signal=INT", sys.executable, "-m", module, *words],
        cwd=ROOT,
        env=bank.environment() | more,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def superuser(bank: Bank, context: str, *, service: bool = False) -> str:
    """Return the superuser's URL of a context's database on one side."""
    home = bank.home / "services" / context if service else bank.home
    url = database_of(bank, context, service=service)
    place = url.rpartition("@")[2]
    return f"postgresql://{ADMIN}:{Secrets(home).get(f'postgres:{ADMIN}')}@{place}"
