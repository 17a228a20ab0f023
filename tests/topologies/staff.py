"""Staff and everybody's tokens while auth moves: `python -m tests.topologies.staff`.

A bank behind a gateway, whose ledger was opened apart, moves auth out and back. Before, between and
after, a member of staff signs in to the administration of the monolith and of the service behind
two factors, does one act that is put on record, and signs out. Tokens, refresh tokens and staff's
sessions of before go on; a session that is revoked is dead on both sides. It ends in 1 where
anything is not so.
"""

import base64
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import msgspec

from tests.bank import Bank, place
from tests.chaos.ledger import PASSWORD, Customer, open_customers
from tests.topologies.apart import Operator
from tests.topologies.proof import extraction
from vortex.embedded import endpoints

APART, CONTEXT = "transactions", "auth"
STAFF = "staff@example.com"
# With recovery codes, because a code of an app is good once in half a minute.
_REGISTER = f"""
from datetime import timedelta
from apps.auth.services import factors
from apps.auth.services.registration import register
from apps.auth.tests.authenticators import App
from vortex.clock import now
from vortex.ids import new_id
user = register(user_id=new_id(), email="{STAFF}", full_name="Sam Staff",
                password="{PASSWORD}", roles=("administrator",), registered_at=now())
app = App(factors.enroll_totp(user=user, now=now()).secret)
print(*factors.confirm_totp(user=user, code=app.code(), now=now()))
"""


@dataclass
class Tokens:
    """What somebody got when they signed in."""

    access: str
    refresh: str

    @property
    def session(self) -> str:
        """The session that they are of."""
        claims = self.access.split(".")[1]
        said = msgspec.json.decode(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        return str(said["sid"])

    def are_taken(self, url: str, path: str) -> int:
        """Ask something with them; return the status of the answer."""
        held = {"Authorization": f"Bearer {self.access}"}
        return httpx.get(f"{url}{path}", headers=held, timeout=30).status_code


class Staff:
    """A browser of a member of staff, signed in to one administration."""

    def __init__(self, url: str, code: str) -> None:
        self._browser = httpx.Client(base_url=url, timeout=30, follow_redirects=True)
        self._browser.get("/admin/")
        said = {"username": STAFF, "password": PASSWORD, "next": "/admin/"}
        asked = self._post("/admin/login/", **said)
        assert asked.url.path == "/admin/second-factor/", f"the password led to {asked.url}"
        entered = self._post("/admin/second-factor/", code=code)
        assert self.is_in(), f"the second factor led to {entered.url}: {entered.text[-600:]}"

    def is_in(self) -> bool:
        """Say whether the administration is open."""
        shown = self._browser.get("/admin/")
        return (shown.status_code, shown.url.path) == (200, "/admin/")

    def act(self, page: str, action: str, row: str) -> None:
        """Do something to a row of a list, and find it on record."""
        done = self._post(f"/admin/{page}/", action=action, _selected_action=row)
        assert done.status_code == 200, f"{action}: {done.status_code}: {done.text[-600:]}"
        record = self._browser.get("/admin/admin/logentry/", params={"q": row})
        assert "1 result" in record.text or "results" in record.text, f"{action} is not on record"
        assert "0 results" not in record.text, f"{action} is not on record"

    def sign_out(self) -> None:
        """Sign out; the administration is shut afterwards."""
        self._post("/admin/logout/")
        assert not self.is_in(), "whoever signed out is out"
        self._browser.close()

    def _post(self, path: str, **said: str) -> httpx.Response:
        token = self._browser.cookies.get("csrftoken", "")
        return self._browser.post(path, data=said | {"csrfmiddlewaretoken": token})


def main() -> int:
    """Move auth out and back, and ask at each stage what must be so."""
    with _opened() as (bank, operator):
        customers = open_customers(bank)
        codes = iter(bank.manage("shell", "-c", _REGISTER).split()[-8:])
        early, stays = _signed_in(bank, customers[0]), Staff(bank.url, next(codes))
        _stage(bank, "before", Staff(bank.url, next(codes)), customers[1], "accounts/account")
        extraction(operator, "move", CONTEXT, "--patience", "90")
        served = httpx.get(f"{bank.url}/api/{CONTEXT}/sessions", timeout=30)
        assert served.headers["X-Served-By"] == CONTEXT, served.headers
        service = _service(bank)
        assert stays.is_in(), "a session of before the move goes on"
        _goes_on(bank, service, early)
        _stage(bank, "out", Staff(bank.url, next(codes)), customers[1], "accounts/account")
        _revoked_by_staff(bank, service, Staff(service, next(codes)), customers[2])
        extraction(operator, "rollback", CONTEXT, "--patience", "90")
        assert stays.is_in(), "and after the way back"
        _goes_on(bank, service, early)
        _stage(bank, "back", Staff(bank.url, next(codes)), customers[1], "accounts/account")
        _revoked_by_staff(bank, bank.url, Staff(bank.url, next(codes)), customers[3])
        again = Staff(service, next(codes))  # its own administration, whose staff sign in elsewhere
        again.sign_out()
        stays.sign_out()
    return 0


def _stage(bank: Bank, when: str, staff: Staff, customer: Customer, page: str) -> None:
    """Freeze an account and thaw it, as the monolith's staff do; then sign out."""
    begun = time.monotonic()
    for action, standing in (("freeze", "frozen"), ("unfreeze", "active")):
        staff.act(page, action, customer.account_id)
        with bank.client(customer.email, PASSWORD) as client:
            found = client.get(f"/api/accounts/{customer.account_id}").json()
        assert standing in str(found), found
    staff.sign_out()
    _tell(f"{when}: staff signed in, acted and signed out in {time.monotonic() - begun:.1f} s")


def _goes_on(bank: Bank, service: str, tokens: Tokens) -> None:
    """A token of before is taken on both sides, and so is its refresh token, once."""
    assert tokens.are_taken(bank.url, "/api/accounts") == 200
    assert tokens.are_taken(service, "/api/auth/sessions") == 200
    said = {"refresh": tokens.refresh}
    fresh = httpx.post(f"{bank.url}/api/auth/refresh", json=said, timeout=30)
    assert fresh.status_code == 200, fresh.text
    tokens.access, tokens.refresh = fresh.json()["access"], fresh.json()["refresh"]
    assert tokens.are_taken(bank.url, "/api/accounts") == 200
    _tell("tokens of before go on, and are renewed")


def _revoked_by_staff(bank: Bank, at: str, staff: Staff, customer: Customer) -> None:
    """Staff end a session where auth is; the token is dead in the monolith and in both services."""
    tokens = _signed_in(bank, customer)
    places = (
        (bank.url, "/api/accounts"),
        (bank.url, "/api/auth/sessions"),
        (bank.url, "/api/transactions"),
        (_service(bank), "/api/auth/sessions"),
    )
    assert {tokens.are_taken(*known) for known in places} == {200}
    staff.act("vortex_auth/session", "revoke", tokens.session)
    assert [tokens.are_taken(*known) for known in places] == [401] * len(places)
    staff.sign_out()
    _tell(f"a session that staff revoked at {at} is dead on both sides")


def _signed_in(bank: Bank, customer: Customer) -> Tokens:
    said = {"email": customer.email, "password": PASSWORD}
    answer = httpx.post(f"{bank.url}/api/auth/login", json=said, timeout=30)
    assert answer.status_code == 200, answer.text
    return Tokens(answer.json()["access"], answer.json()["refresh"])


def _service(bank: Bank) -> str:
    """Return the address of auth's service itself, past the gateway."""
    found = endpoints.read(bank.home / "services" / CONTEXT)
    assert found is not None
    return found["VORTEX_SELF_URL"]


@contextmanager
def _opened() -> Iterator[tuple[Bank, Operator]]:
    with place() as directory:
        home, topology = directory / "home", f"split:{APART}"
        bank, operator = Bank(home, topology=topology), Operator(home, topology=topology)
        bank.open(DEMO="0")
        try:
            yield bank, operator
        finally:
            bank.close()


def _tell(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
