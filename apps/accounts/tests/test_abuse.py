"""What somebody tries who wants what is not theirs: every address, nested ids, words that run."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import product as pairs
from typing import Any, ClassVar
from uuid import UUID

import httpx
import msgspec
import pytest
from rest_framework.test import APIClient

from apps.accounts.adapters.banks.openbanking import OpenBanking
from apps.accounts.adapters.banks.port import Endpoint
from apps.accounts.api.urls import urlpatterns
from apps.accounts.contracts import Product, Role
from apps.accounts.contracts.linking import ConsentStatus, LinkStatus
from apps.accounts.domain.iban import masked
from apps.accounts.domain.watching import Kind
from apps.accounts.models import Account, Consent, Link, Statement
from apps.accounts.services import aliases, cards, members, monitors, pots, statements
from apps.accounts.tests.factories import OWN, an_account
from apps.accounts.tests.fakes import FakeLedger, FakeUsers
from vortex.clock import now
from vortex.contracts import Principal
from vortex.ids import new_id
from vortex.outbox.models import Message
from vortex.testing import client_of, person

pytestmark = pytest.mark.django_db(databases=[OWN])

METHODS = ("get", "post", "put", "patch", "delete")
JANUARY = datetime(2026, 1, 3, 9, tzinfo=UTC)


def things_of(owner: Principal, ledger: FakeLedger) -> dict[str, str]:
    """Return one of everything that an address names, by the name of its part in the address."""
    account = an_account(owner_id=owner.user_id, opened_at=JANUARY)
    ledger.book(account.pk, 100_00, JANUARY)
    list(statements.issue_statements(account=account, now=datetime(2026, 2, 3, tzinfo=UTC)))
    rights = members.Rights(role=Role.JOINT, may_pay=True, pay_minor=None)
    member, _ = members.invite(
        member_id=new_id(),
        account=account,
        email=f"{new_id()}@example.com",
        rights=rights,
        invited_at=now(),
    )
    plan = pots.Plan(name="Lisbon")
    pot = pots.open_pot(pot_id=new_id(), account=account, plan=plan, opened_at=now())
    monitor = monitors.watch(
        monitor_id=new_id(), account=account, kind=Kind.LOW, amount_minor=1, at=now()
    )
    card = cards.issue_card(
        card_id=new_id(), account_id=account.pk, name="", made_by=owner.user_id, at=now()
    )
    consent, link = a_link_of(owner)
    return {
        "account_id": str(account.pk),
        "member_id": str(member.pk),
        "pot_id": str(pot.pk),
        "monitor_id": str(monitor.pk),
        "card_id": str(card.pk),
        "statement_id": str(Statement.objects.get(account_id=account.pk).pk),
        "consent_id": str(consent.pk),
        "link_id": str(link.pk),
        "limit_id": "day.any",
    }


def a_link_of(owner: Principal) -> tuple[Consent, Link]:
    outside = an_account(owner_id=owner.user_id, product=Product.EXTERNAL)
    consent = Consent.objects.create(
        id=new_id(),
        owner_id=owner.user_id,
        bank="sandbox",
        external_id="x",
        status=ConsentStatus.AUTHORISED.value,
        state_digest=str(new_id()),
        sealed_verifier=b"",
        authorization_url="",
        expires_at=now(),
        created_at=now(),
    )
    link = Link.objects.create(
        id=new_id(),
        account_id=outside.pk,
        owner_id=owner.user_id,
        consent_id=consent.pk,
        bank="sandbox",
        external_account_id="x",
        currency="EUR",
        status=LinkStatus.LINKED.value,
        due_at=now(),
        created_at=now(),
    )
    return consent, link


def addresses() -> Iterator[tuple[str, list[str], Any]]:
    """Return every address with an id in it, the names of its ids, and its view."""
    for pattern in urlpatterns:
        converters = list(pattern.pattern.converters)
        if converters:
            yield str(pattern.pattern), converters, getattr(pattern.callback, "view_class", None)


def asked(api: APIClient, view: Any, address: str) -> Iterator[tuple[str, Any]]:
    headers = {"If-Match": "*"}
    for method in METHODS:
        if hasattr(view, method):
            sent = {**headers, "Idempotency-Key": str(new_id())}
            yield method, getattr(api, method)(f"/api/{address}", {}, headers=sent)


def filled_in(route: str, ids: dict[str, str]) -> str:
    for name, value in ids.items():
        for kind in ("uuid", "str"):
            route = route.replace(f"<{kind}:{name}>", value)
    return route


def test_no_address_of_somebody_elses_things_exists_for_a_stranger(
    ada: Principal, ledger: FakeLedger
):
    theirs, stranger = things_of(ada, ledger), client_of(person())
    tried = 0

    for route, _, view in addresses():
        for method, answer in asked(stranger, view, filled_in(route, theirs)):
            tried += 1
            assert answer.status_code == 404, (method, route, answer.content)

    assert tried >= 55
    assert Account.objects.get(pk=theirs["account_id"]).closed_at is None


def test_somebody_elses_thing_is_not_reached_through_an_account_of_ones_own(
    ada: Principal, ledger: FakeLedger
):
    theirs, grace = things_of(ada, ledger), person()
    own = things_of(grace, ledger)
    tried = 0

    for route, names, view in addresses():
        nested = [name for name in names if name not in {"account_id", "limit_id"}]
        if "account_id" not in names or not nested:
            continue
        mixed = {**theirs, "account_id": own["account_id"]}
        for method, answer in asked(client_of(grace), view, filled_in(route, mixed)):
            tried += 1
            assert answer.status_code == 404, (method, route, answer.content)

    assert tried >= 4


@pytest.mark.parametrize(
    ("field", "value"),
    [("owner_id", "0199a2f4-1c00-7d2b-9f3e-6b1f0c2d4e5a"), ("currency", "USD"), ("iban", "DE00")],
)
def test_whose_an_account_is_and_in_which_currency_nobody_changes(
    api: APIClient, ada: Principal, ledger: FakeLedger, field, value
):
    account = an_account(owner_id=ada.user_id)
    ledger.book(account.pk, 5_00, JANUARY)
    headers = {"If-Match": "*"}
    look = {"nickname": "", "colour": "", "position": 0, "hidden": False}

    for method, body in ((api.patch, {}), (api.put, look)):
        method(f"/api/accounts/{account.pk}", {**body, field: value}, headers=headers)

    kept = Account.objects.get(pk=account.pk)
    assert (kept.owner_id, kept.currency, kept.iban) == (ada.user_id, "EUR", account.iban)


@pytest.mark.parametrize(
    ("nickname", "wanted"),
    list(pairs(["=HYPERLINK(1)", "<b>x</b>", "@SUM(A1)"], ["csv", "pdf", "ofx", "camt053"])),
)
def test_a_nickname_is_in_no_file(
    api: APIClient, ada: Principal, ledger: FakeLedger, nickname, wanted
):
    account = an_account(owner_id=ada.user_id, opened_at=JANUARY, nickname=nickname)
    ledger.book(account.pk, 100_00, JANUARY, "Salary")
    list(statements.issue_statements(account=account, now=datetime(2026, 2, 3, tzinfo=UTC)))
    statement = Statement.objects.get(account_id=account.pk)

    answer = api.get(
        f"/api/accounts/{account.pk}/statements/{statement.pk}/file", {"format": wanted}
    )

    assert answer.status_code == 200
    assert nickname.encode() not in answer.content
    assert nickname not in answer["Content-Disposition"]


def test_a_number_is_whole_only_for_its_holders(
    api: APIClient, ada: Principal, ledger: FakeLedger, users: FakeUsers
):
    things = things_of(ada, ledger)
    account = Account.objects.get(pk=things["account_id"])
    users.names[ada.user_id] = "Ada Lovelace"
    aliases.claim(account_id=account.pk, text="ada", at=now())
    stranger = client_of(person())

    found = [
        stranger.get("/api/accounts/resolve", asked_for).json()["iban"]
        for asked_for in ({"iban": account.iban}, {"alias": "ada"})
    ]

    assert found == [masked(account.iban)] * 2
    assert api.get(f"/api/accounts/{account.pk}").json()["iban"] == account.iban
    payloads = Message.objects.using(OWN).values_list("payload", flat=True)
    said = " ".join(map(str, payloads))
    assert str(account.pk) in said
    assert account.iban not in said


class _Widening(BaseHTTPRequestHandler):
    """Another bank that gives more than it was asked for, and keeps what it was asked."""

    told: ClassVar[list[str]] = []

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Write nothing."""

    def do_POST(self) -> None:
        self.told.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        said = b'{"access_token": "t", "scope": "accounts payments"}'
        if self.path != "/token":
            said = b'{"Data": {"ConsentId": "c", "Permissions": ["ReadAll", "WritePayments"]}}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)


def test_another_bank_is_asked_for_reading_and_nothing_more():
    server = HTTPServer(("127.0.0.1", 0), _Widening)
    serving = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    serving.start()
    endpoint = Endpoint(
        name="x",
        title="x",
        base_url=f"http://127.0.0.1:{server.server_port}",
        client_id="c",
        client_secret="s",
    )

    begun = OpenBanking(endpoint).begin(
        state="s", challenge="c", redirect_uri="https://here", expires_at=now()
    )
    server.shutdown()
    server.server_close()
    serving.join()

    token, consent = _Widening.told
    permissions = msgspec.json.decode(consent)["Data"]["Permissions"]
    assert "scope=accounts" in token.split("&")
    assert permissions
    assert all(permission.startswith("Read") for permission in permissions)
    assert httpx.URL(begun.authorization_url).params["scope"] == "accounts"


def test_an_id_that_is_none_is_no_address(api: APIClient):
    for text in ("..%2F..%2Fetc%2Fpasswd", "1", "null", str(UUID(int=0))):
        assert api.get(f"/api/accounts/{text}/statements/{text}/file").status_code == 404
