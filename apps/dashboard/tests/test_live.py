"""The open page hears of postings made elsewhere, outlives the server, says when it is cut off."""

import statistics
import time
from functools import partial

import pytest
from playwright.sync_api import Page, expect

from apps.dashboard.tests.conftest import Enter
from tests.bank import Bank, wait_for
from vortex.clock import now

pytestmark = [pytest.mark.xdist_group("dashboard"), pytest.mark.timeout(240)]
ONE, OTHER = "tomas.novak@example.com", "lucia.rossi@example.com"
_TOLD = 20
# When the row of a posting gets into the page, by the page's own clock.
_WATCH_ROWS = """() => { window.seen = {};
  new MutationObserver(() => { for (const row of document.querySelectorAll(".row[data-id]"))
    window.seen[row.dataset.id] ??= Date.now(); }).observe(document.body,
    {childList: true, subtree: true}); }"""


def test_two_browsers_see_each_others_transfer_arrive(visit: Enter, bank: Bank):
    first, second = visit(ONE), visit(OTHER)
    page, theirs = first.open("/"), second.open("/")
    _is_live(page)
    _is_live(theirs)
    before = theirs.locator(".hero-amount").inner_text()

    _pay(bank, ONE, OTHER, "3.21", "Tickets <b>for</b> two")

    arriving = theirs.locator(".row.arrived", has_text="Tickets <b>for</b> two")
    expect(arriving).to_contain_text("+€3.21")
    expect(page.locator(".row.arrived", has_text="Tickets <b>for</b> two")).to_contain_text(
        "−€3.21"
    )
    expect(theirs.locator(".hero-amount")).not_to_have_text(before)


def test_a_posting_is_on_the_page_soon_after_it_is_committed(visit: Enter, bank: Bank):
    visitor = visit(OTHER)
    page = visitor.open("/")
    _is_live(page)
    page.evaluate(_WATCH_ROWS)

    committed: dict[str, float] = {}
    for turn in range(_TOLD):
        said = _pay(bank, ONE, OTHER, "0.01", f"No. {turn}")
        committed[said] = now().timestamp() * 1000
        # One by one: of a burst that arrives at once the overview shows only the newest.
        wait_for(partial(_has_seen, page, said), 60, f"posting {turn} is seen")

    seen = page.evaluate("seen")
    late = sorted(seen[one] - committed[one] for one in committed)
    figures = f"p50 {statistics.median(late):.0f}, p95 {late[int(len(late) * 0.95) - 1]:.0f} ms"
    print(f"from the answer of the commit to the row: {figures}")  # noqa: T201 - measured, not judged


def test_the_page_outlives_the_server_and_catches_up(visit: Enter, bank: Bank):
    visitor = visit(OTHER)
    page = visitor.open("/")
    _is_live(page)

    bank.kill("web")
    expect(page.get_by_text("You are offline.")).to_be_visible(timeout=60_000)
    wait_for(bank.ready, 60, "the web server is back", bank.said)
    _pay(bank, ONE, OTHER, "4.56", "While nobody listened")

    expect(page.locator(".row", has_text="While nobody listened")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("You are offline.")).to_have_count(0, timeout=60_000)
    visitor.complaints = [said for said in visitor.complaints if not _is_about_the_line(said)]


def test_a_page_that_is_cut_off_says_so_keeps_what_it_has_and_comes_back(visit: Enter, bank: Bank):
    visitor = visit(OTHER)
    page = visitor.open("/")
    _is_live(page)
    shown = page.locator(".hero-amount").inner_text()

    visitor.context.set_offline(True)
    expect(page.get_by_text("You are offline.")).to_be_visible()
    expect(page.locator(".hero-amount")).to_have_text(shown)
    page.get_by_role("link", name="Transactions").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Transactions")
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    _pay(bank, ONE, OTHER, "7.89", "While it was away")
    visitor.context.set_offline(False)

    expect(page.get_by_text("You are offline.")).to_have_count(0, timeout=60_000)
    expect(page.locator(".row", has_text="While it was away")).to_be_visible(timeout=30_000)
    visitor.complaints = [said for said in visitor.complaints if not _is_about_the_line(said)]


def _is_live(page: Page) -> None:
    page.wait_for_function("() => document.documentElement.dataset.link === 'live'")


def _is_about_the_line(said: str) -> bool:
    return any(word in said for word in ("ERR_", "WebSocket", "status of 50"))


def _has_seen(page: Page, posting_id: str) -> bool:
    return bool(page.evaluate("id => id in seen", posting_id))


def _pay(bank: Bank, payer: str, payee: str, amount: str, words: str) -> str:
    """Move money over the API and return the id of the posting, once it is committed."""
    key = f"live-{time.monotonic_ns()}"
    with bank.client(payee) as theirs:
        target = theirs.get("/api/accounts").json()["items"][0]["id"]
    with bank.client(payer) as ours:
        source = ours.get("/api/accounts").json()["items"][0]["id"]
        answer = ours.post(
            "/api/transactions",
            headers={"Idempotency-Key": key},
            json={
                "source_account_id": source,
                "target_account_id": target,
                "amount": {"amount": amount, "currency": "EUR"},
                "description": words,
            },
        )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])
