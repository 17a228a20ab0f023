"""One bank and one browser for all tests of the screens, and visitors who must have no complaint.

They last for this package, not for the session: while Playwright runs it keeps a loop in this
thread, which would break the tests of other packages in the same worker.
"""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from apps.dashboard.tests.browsing import (
    FLAGS,
    MISSING,
    PASSWORD,
    Visitor,
    chromium,
    enter,
    profile,
)
from apps.dashboard.tests.mailbox import mailed_link
from tests.bank import ROOT, Bank, place
from vortex.ids import new_id

# A newcomer comes once, so their profile is not worth keeping.
_NEWCOMER: Final = re.compile(r"[0-9a-f]{32}@")
Enter = Callable[..., Visitor]


@pytest.fixture(scope="package")
def program() -> str:
    """The browser's program; without one these tests are skipped, and say how to get it."""
    found = chromium()
    return found or pytest.skip(MISSING)


@pytest.fixture(scope="package")
def bank(program: str) -> Iterator[Bank]:
    """A bank with its demonstration, opened once; it builds the dashboard if need be."""
    with place() as directory, Bank(directory / "home") as running:
        yield running


@pytest.fixture(scope="package")
def address(bank: Bank) -> str:
    """Where the bank is found: a passkey belongs to `localhost`, never to a number."""
    return f"http://localhost:{bank.port}"


@pytest.fixture(scope="package")
def chrome(program: str) -> Iterator[Browser]:
    """Chromium, started once."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="package")
def profiles(chrome: Browser) -> Iterator[dict[str, BrowserContext]]:
    """Profiles of customers by address, signed in once: each costs a sign-in and a cold cache."""
    known: dict[str, BrowserContext] = {}
    yield known
    for one in known.values():
        one.close()


@pytest.fixture
def visit(chrome: Browser, address: str, profiles: dict[str, BrowserContext]) -> Iterator[Enter]:
    """Let visitors in: `visit()` a stranger, `visit(email)` somebody who is signed in.

    A customer comes with the profile of the former visit, their cookies and nothing else of it.
    Whoever comes twice at once, or with options, comes with a new one.
    """
    inside: list[Visitor] = []
    known_here: set[str] = set()

    def come(email: str = "", **options: Any) -> Visitor:
        if not email or options or email in known_here or _NEWCOMER.match(email):
            visitor = enter(chrome, address, **options)
        else:
            known_here.add(email)
            known = profiles.get(email) or profiles.setdefault(email, profile(chrome))
            visitor = Visitor(address, known)
        inside.append(visitor)
        if email:
            visitor.sign_in(email)
        return visitor

    yield come
    complaints = [complaint for visitor in inside for complaint in visitor.complaints]
    kept = set(map(id, profiles.values()))
    for visitor in inside:
        if id(visitor.context) in kept:
            visitor.leave()
        else:
            visitor.context.close()
    assert complaints == []


@pytest.fixture
def newcomer(bank: Bank) -> str:
    """The address of somebody who has registered and proved it, and holds nothing yet."""
    return register(bank, "Nora Newcomer")


def register(bank: Bank, full_name: str) -> str:
    """Register somebody, prove their address and return it."""
    email = f"{new_id().hex}@example.com"
    said = {"email": email, "password": PASSWORD, "full_name": full_name}
    answer = httpx.post(f"{bank.url}/api/auth/register", json=said, timeout=30)
    assert answer.status_code == 201, answer.text
    token = parse_qs(urlsplit(mailed_link(bank, email, "/verify-email")).query)["token"][0]
    proved = httpx.post(f"{bank.url}/api/auth/email/verify", json={"token": token}, timeout=30)
    assert proved.is_success, proved.text
    return email


@pytest.fixture
def officer(bank: Bank) -> str:
    """The address of somebody of the bank who decides about payments, by password alone."""
    email = f"{new_id().hex}@example.com"
    words = ("manage.py", "register_staff", email, "Olga Officer", "--role", "compliance_officer")
    # Without a terminal of its own it reads the password from what it is given.
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=bank.environment(),
        input=f"{PASSWORD}\n",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        start_new_session=True,
    )
    assert done.returncode == 0, done.stderr
    return email
