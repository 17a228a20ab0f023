"""What a customer does with a transaction: splits it, keeps papers with it, complains about it."""

from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from apps.dashboard.tests.conftest import Enter

pytestmark = [pytest.mark.xdist_group("dashboard"), pytest.mark.timeout(240)]
CUSTOMER = "anton.vogel@example.com"
_PAPER = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def test_a_transaction_is_split_into_parts_that_add_up(visit: Enter):
    page = visit(CUSTOMER).open("/transactions?kind=card&least=1000")
    drawer = _open(page, 0)
    drawer.get_by_text("Split into parts").press("Enter")
    drawer.get_by_role("button", name="Split it").press("Enter")

    amounts = drawer.get_by_label("Amount in EUR")
    amounts.nth(0).fill("much")
    drawer.get_by_role("button", name="Save parts").press("Enter")
    expect(amounts.nth(0)).to_be_focused()
    amounts.nth(0).fill("4.00")
    amounts.nth(1).fill("1.00")
    drawer.get_by_role("button", name="Save parts").press("Enter")
    expect(drawer.get_by_role("alert")).to_contain_text("add up")
    expect(amounts.nth(0)).to_have_value("4.00")
    drawer.get_by_role("button", name="Remove the part").nth(1).press("Enter")
    drawer.get_by_role("button", name="Add a part").press("Enter")
    expect(drawer.get_by_text("The parts add up.")).to_be_visible()
    drawer.get_by_label("Category").last.select_option("gifts")
    drawer.get_by_role("button", name="Save parts").press("Enter")
    expect(page.get_by_text("The parts are saved").first).to_be_visible()

    page.reload()
    drawer.get_by_text("Split into parts").press("Enter")
    expect(amounts.nth(0)).to_have_value("4.00")
    drawer.get_by_role("button", name="Make it whole").press("Enter")
    expect(drawer.get_by_role("button", name="Split it")).to_be_visible()


def test_a_paper_is_attached_taken_out_and_removed(visit: Enter, tmp_path: Path):
    page = visit(CUSTOMER).open("/transactions?kind=card")
    drawer = _open(page, 1)
    drawer.get_by_text("Papers", exact=True).press("Enter")

    paper = FilePayload(name="<b>receipt</b>.pdf", mimeType="application/pdf", buffer=_PAPER)
    drawer.locator("input[type=file]").set_input_files(paper)
    shown = drawer.locator(".paper .row-name")
    expect(shown).to_have_count(1)
    with page.expect_download() as taken:
        drawer.locator(".paper button").first.click()
    taken.value.save_as(tmp_path / "paper.pdf")
    drawer.locator(".paper button").last.click()

    expect(shown).to_have_count(0)
    assert (tmp_path / "paper.pdf").read_bytes() == _PAPER


def test_somebody_complains_and_takes_it_back(visit: Enter):
    page = visit(CUSTOMER).open("/transactions?kind=card")
    drawer = _open(page, 2)
    drawer.get_by_text("Something is wrong with it").press("Enter")

    drawer.get_by_label("What is wrong?").select_option("duplicate")
    drawer.get_by_label("What happened?").fill("<script>alert(1)</script>")
    drawer.get_by_role("button", name="Send to the bank").dblclick()
    expect(drawer.get_by_text("Received")).to_have_count(1)
    expect(drawer.get_by_text("<script>alert(1)</script>")).to_be_visible()
    drawer.get_by_role("button", name="Withdraw").click()

    expect(drawer.get_by_text("Withdrawn", exact=True)).to_be_visible()


def test_what_was_found_is_exported_as_a_file(visit: Enter, tmp_path: Path):
    page = visit(CUSTOMER).open("/transactions?category=groceries")

    page.get_by_role("button", name="Export").click()
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download").click()
    taken.value.save_as(tmp_path / "found.csv")

    lines = (tmp_path / "found.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) > 10
    assert all("groceries" in line for line in lines[1:])


def _open(page: Page, place: int) -> Locator:
    page.locator(".row").nth(place).click()
    drawer = page.get_by_role("dialog", name="Transaction")
    expect(drawer.get_by_label("Note")).to_be_visible()
    return drawer
