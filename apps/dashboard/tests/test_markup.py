"""Markup in every text that somebody can write is shown letter by letter, and runs nothing.

Which texts there are is not remembered here but read from the API's document and the dashboard's
source; a new one fails the first test until it is planted below, or it is said why it is not shown.
"""

from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import expect

from apps.dashboard.tests.browsing import Visitor
from apps.dashboard.tests.conftest import Enter, register
from apps.dashboard.tests.test_security import keep_codes
from apps.dashboard.tests.typed import texts
from tests.bank import Bank
from vortex.ids import new_id

pytestmark = [pytest.mark.xdist_group("dashboard"), pytest.mark.timeout(240)]
PAYER: Final = "samir.haddad@example.com"


def mark(name: str) -> str:
    """Return markup that runs where it is taken for markup, and names where it was planted."""
    return f"<img src=x onerror=ran=1>{name}"


_OF_ONE_TRANSACTION: Final = "/api/transactions/{posting_id}"
# Where each text is planted, by the name at the end of its mark.
PLANTED: Final[dict[str, str]] = {
    "POST /api/accounts nickname": "opened",
    "PATCH /api/accounts/{account_id} nickname": "renamed",
    "POST /api/accounts/{account_id}/cards name": "card",
    "POST /api/accounts/{account_id}/pots name": "pot",
    "PATCH /api/accounts/pots/{pot_id} name": "pot2",
    "POST /api/auth/api-keys name": "key",
    "POST /api/auth/register full_name": "person",
    "PATCH /api/auth/user/profile full_name": "person2",
    "POST /api/auth/webauthn/register/verify name": "passkey",
    "PATCH /api/auth/webauthn/credentials/{passkey_id} name": "passkey2",
    "POST /api/transactions counterparty": "counterparty",
    "POST /api/transactions description": "description",
    "POST /api/transactions reference": "reference",
    "POST /api/transactions/imports file": "statement.csv",
    f"POST {_OF_ONE_TRANSACTION}/attachments file": "paper.pdf",
    f"POST {_OF_ONE_TRANSACTION}/dispute words": "complaint",
    f"PUT {_OF_ONE_TRANSACTION}/filing note": "note",
    f"PUT {_OF_ONE_TRANSACTION}/filing tags": "tag",
}
# What is shown nowhere as it was written, by the reason why.
HIDDEN: Final[dict[str, tuple[str, ...]]] = {
    "a secret, or what proves something: it is sent and never shown": (
        "POST /api/accounts/consents/{consent_id}/complete code",
        "POST /api/accounts/consents/{consent_id}/complete state",
        "POST /api/accounts/invitations/{member_id}/accept code",
        "POST /api/auth/email/undo token",
        "POST /api/auth/email/verify token",
        "POST /api/auth/external/callback code",
        "POST /api/auth/external/callback state",
        "POST /api/auth/external/link/callback code",
        "POST /api/auth/external/link/callback state",
        "POST /api/auth/login password",
        "POST /api/auth/login/code/verify challenge",
        "POST /api/auth/login/code/verify code",
        "POST /api/auth/mfa/totp/confirm code",
        "POST /api/auth/mfa/verify challenge",
        "POST /api/auth/mfa/verify code",
        "POST /api/auth/mfa/sms/send challenge",
        "POST /api/auth/password/change current_password",
        "POST /api/auth/password/change new_password",
        "POST /api/auth/password/reset password",
        "POST /api/auth/password/reset token",
        "POST /api/auth/phone/changes/{change_id}/verify code",
        "POST /api/auth/refresh refresh",
        "POST /api/auth/register password",
        "POST /api/auth/step-up/verify code",
        "POST /api/auth/webauthn/login/verify challenge",
        "POST /api/auth/webauthn/register/verify challenge",
    ),
    "an address: what is none is refused; what is shown of a typed one is looked at below": (
        "POST /api/accounts/{account_id}/members email",
        "POST /api/auth/email/change email",
        "POST /api/auth/login email",
        "POST /api/auth/login/code email",
        "POST /api/auth/password/forgot email",
        "POST /api/auth/register email",
    ),
    "digits with the code of a country: the bank refuses any other": (
        "POST /api/auth/phone/change number",
    ),
    "one of a few that the bank knows: it refuses any other": (
        "PATCH /api/transactions/imports/{import_id} encoding",
        "PATCH /api/transactions/imports/{import_id} statement",
        "PATCH /api/transactions/{posting_id} category",
        "POST /api/accounts/consents bank",
        "POST /api/auth/api-keys scopes",
        "POST /api/transactions/imports encoding",
        "POST /api/transactions/imports statement",
        "POST /api/transactions/quotes target_currency",
        "PUT /api/auth/consents/{purpose} version",
        "PUT /api/transactions/{posting_id}/split parts.category",
    ),
    "names of columns, shown as the file has them; the file is planted": tuple(
        f"PATCH /api/transactions/imports/{{import_id}} columns.{name}"
        for name in (
            *("date", "amount", "credit", "debit"),
            *("currency", "counterparty", "description"),
        )
    ),
    "the words of the transfer that is asked about, planted there": (
        "POST /api/transactions/estimate counterparty",
        "POST /api/transactions/estimate description",
        "POST /api/transactions/estimate reference",
    ),
    "the same as by PATCH, which the page asks for": ("PUT /api/auth/user/profile full_name",),
    "one of those that the other bank has named": (
        "POST /api/accounts/{account_id}/link external_account_id",
    ),
    "why not, in another bank's words; the page has its own": (
        "POST /api/accounts/consents/{consent_id}/complete error",
    ),
    "letters, digits, dots and low lines: the bank refuses any other": (
        "PUT /api/accounts/{account_id}/alias alias",
    ),
    "kept as it is, and on no screen": ("PUT /api/transactions/{posting_id}/split parts.note",),
    "the page sends it empty": ("POST /api/transactions/{posting_id}/void reason",),
}
_QUERY: Final = ("q", "tag", "category", "kind", "from", "to", "least", "most", "sort", "account")
_OTHERS: Final = (
    *("/transactions", "/transfer", "/import", "/linked", "/documents", "/security", "/profile"),
)
_RAN: Final = "() => 'ran' in window || document.querySelector('img[src=x]') !== null"
_SEEN: Final = """() => [document.body.innerText, document.title,
  ...[...document.querySelectorAll("input, textarea")].map((one) => one.value),
  ...[...document.querySelectorAll("[aria-label]")].map((one) => one.ariaLabel)].join(" ")"""


def test_every_text_that_can_be_written_is_planted_or_said_to_be_shown_nowhere():
    hidden = {text for those in HIDDEN.values() for text in those}

    known = texts()

    assert sorted(known - PLANTED.keys() - hidden) == []
    assert sorted((PLANTED.keys() | hidden) - known) == [], "these can no longer be written"


def test_markup_in_every_text_is_shown_as_it_was_written_and_runs_nothing(visit: Enter, bank: Bank):
    email = register(bank, mark("person"))
    with bank.client(email) as client, bank.client(PAYER) as payer:
        account, posting = _plant(client, payer)
        visitor = visit(email)
        _passkey(visitor)
        drawer = f"/transactions?open={posting}"
        seen = "\n".join(_looked(visitor, "/", f"/accounts/{account}", drawer, *_OTHERS))
        _rename(client, account)
        seen += "\n".join(_looked(visitor, "/", f"/accounts/{account}", "/security"))

    missing = [name for name in PLANTED.values() if _shown(name) not in seen]
    assert missing == []


def test_markup_in_an_address_of_the_dashboard_is_shown_and_runs_nothing(visit: Enter):
    visitor = visit(PAYER)

    query = "&".join(f"{name}=%3Cimg%20src%3Dx%20onerror%3Dran%3D1%3E{name}" for name in _QUERY)
    page = visitor.open(f"/transactions?{query}")
    expect(page.get_by_text(mark("tag"))).to_be_visible()
    assert page.evaluate(_RAN) is False
    for path in ("/transactions?open=", "/pending?open=", "/import?id=", "/documents?account="):
        visitor.page.goto(f"{visitor.address}{path}%3Cimg%20src%3Dx%20onerror%3Dran%3D1%3E")
        expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
        assert visitor.settled().evaluate(_RAN) is False, path


@pytest.mark.parametrize("path", ["/reset-password", "/sign-in/code"])
def test_markup_in_a_typed_address_is_shown_and_runs_nothing(visit: Enter, path: str):
    visitor = visit()
    page = visitor.open(path)

    page.get_by_label("E-mail").fill('"<img/src=x/onerror=ran=1>"@example.com')
    visitor.press("Enter")
    expect(
        page.get_by_text("<img/src=x/onerror=ran=1>")
        .or_(page.get_by_role("alert"))
        .or_(page.locator(".field-error"))
        .first
    ).to_be_visible()

    assert page.evaluate(_RAN) is False


def _shown(name: str) -> str:
    """Return a mark as it is shown: the bank keeps names of files without such brackets."""
    return mark(name).translate({60: None, 62: None}) if "." in name else mark(name)


def _plant(client: httpx.Client, payer: httpx.Client) -> tuple[str, str]:
    """Write a mark wherever the API takes a text; return an account and a transaction with them."""
    opening = {"product": "checking", "currency": "EUR", "nickname": mark("opened")}
    account = _done(client.post("/api/accounts", json=opening, headers=_once()))["id"]
    place = f"/api/accounts/{account}"
    _done(client.post(f"{place}/cards", json={"name": mark("card")}, headers=_once()))
    _done(client.post(f"{place}/pots", json={"name": mark("pot")}, headers=_once()))
    key = {"name": mark("key"), "scopes": ["accounts:read"], "expires_in_days": 30}
    _done(client.post("/api/auth/api-keys", json=key))
    _import(client)
    theirs = payer.get("/api/accounts").json()["items"][0]["id"]
    _done(payer.post("/api/transactions", json=_transfer(theirs, account, "5.00"), headers=_once()))
    words = {name: mark(name) for name in ("counterparty", "description", "reference")}
    paid = _transfer(account, theirs, "2.00") | words
    posting = _done(client.post("/api/transactions", json=paid, headers=_once()))["id"]
    _file(client, f"/api/transactions/{posting}")
    return account, posting


def _file(client: httpx.Client, place: str) -> None:
    _done(client.put(f"{place}/filing", json={"note": mark("note"), "tags": [mark("tag")]}))
    half = {"amount": {"amount": "1.00", "currency": "EUR"}, "category": "gifts"}
    parts = [half | {"note": mark("part")}, half | {"note": ""}]
    _done(client.put(f"{place}/split", json={"parts": parts}))
    complaint = {"reason": "duplicate", "words": mark("complaint")}
    _done(client.post(f"{place}/dispute", json=complaint, headers=_once()))
    bytes_ = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    paper = (mark("paper.pdf"), bytes_, "application/pdf")
    _done(client.post(f"{place}/attachments", files={"file": paper}))


def _import(client: httpx.Client) -> None:
    elsewhere = {"product": "external", "currency": "EUR", "nickname": "Elsewhere"}
    account = _done(client.post("/api/accounts", json=elsewhere, headers=_once()))["id"]
    lines = f"Date,Description,Counterparty,Amount\n2026-03-02,{mark('a')},{mark('b')},-3.50\n"
    statement = (mark("statement.csv"), lines.encode(), "text/csv")
    said = {"account_id": account}
    _done(client.post("/api/transactions/imports", data=said, files={"file": statement}))


def _passkey(visitor: Visitor) -> None:
    visitor.open("/security")
    visitor.authenticator()
    visitor.page.get_by_role("button", name="Add a passkey").first.press("Enter")
    visitor.page.get_by_role("dialog").get_by_label("Name").fill(mark("passkey"))
    visitor.press("Enter")
    keep_codes(visitor)


def _rename(client: httpx.Client, account: str) -> None:
    """Write other marks over those that are changed by another request than they are made by."""
    place = f"/api/accounts/{account}"
    _patch(client, place, {"nickname": mark("renamed")})
    (pot,) = client.get(f"{place}/pots").json()["items"]
    _patch(client, f"/api/accounts/pots/{pot['id']}", {"name": mark("pot2")})
    _patch(client, "/api/auth/user/profile", {"full_name": mark("person2")})
    (passkey,) = client.get("/api/auth/webauthn/credentials").json()["items"]
    named = {"name": mark("passkey2")}
    _done(client.patch(f"/api/auth/webauthn/credentials/{passkey['id']}", json=named))


def _looked(visitor: Visitor, *paths: str) -> Iterator[str]:
    """Return every text of some screens; nothing of it ran."""
    for path in paths:
        page = visitor.open(path)
        for more in page.locator("dialog summary").all():
            more.click()
        if "open=" in path:
            expect(page.locator(".paper .row-name")).to_be_visible()
            expect(page.get_by_text(mark("complaint"))).to_be_visible()
        yield str(visitor.settled().evaluate(_SEEN))
        assert page.evaluate(_RAN) is False, path


def _transfer(source: str, target: str, amount: str) -> dict[str, Any]:
    return {
        "source_account_id": source,
        "target_account_id": target,
        "amount": {"amount": amount, "currency": "EUR"},
    }


def _once() -> dict[str, str]:
    return {"Idempotency-Key": str(new_id())}


def _patch(client: httpx.Client, path: str, body: dict[str, str]) -> None:
    known = client.get(path).headers.get("ETag", "")
    _done(client.patch(path, json=body, headers={"If-Match": known} if known else {}))


def _done(answer: httpx.Response) -> Any:
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None
