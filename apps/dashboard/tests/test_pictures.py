"""The pictures of docs/pictures, taken from the demonstration bank: `make pictures` renews them."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from apps.dashboard.tests.browsing import Visitor
from apps.dashboard.tests.conftest import Enter

pytestmark = [pytest.mark.xdist_group("dashboard"), pytest.mark.timeout(240)]
CUSTOMER: Final = "customer1@example.com"
PICTURES: Final = Path(__file__).resolve().parents[3] / "docs" / "pictures"
_LARGEST_BYTES: Final = 250_000
# An empty page has a handful.
_COLOURS: Final = 160


def _nothing(page: Page) -> None:
    del page


def _open_one(page: Page) -> None:
    page.locator(".row").nth(2).click()
    expect(page.get_by_role("dialog").get_by_label("Note")).to_be_visible()


def _review(page: Page) -> None:
    page.get_by_label("Amount in EUR").fill("240")
    page.get_by_label("Message").fill("For the holidays")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Is this right?")).to_be_visible()


def _read_by_keys(page: Page) -> None:
    page.get_by_role("application").focus()
    for _ in range(6):
        page.keyboard.press("Shift+ArrowLeft")


SHOTS: Final[dict[str, tuple[str, int, int, str, Callable[[Page], None]]]] = {
    "overview-light": ("/", 1360, 1180, "light", _nothing),
    "overview-dark": ("/", 1360, 900, "dark", _read_by_keys),
    "overview-phone": ("/", 390, 844, "light", _nothing),
    "transactions": ("/transactions", 1360, 900, "light", _open_one),
    "transfer": ("/transfer", 1360, 900, "dark", _review),
}


@pytest.mark.parametrize("name", SHOTS)
def test_a_picture_shows_a_screen_with_something_on_it(visit: Enter, tmp_path: Path, name: str):
    path, width, height, theme, prepare = SHOTS[name]
    size = {"width": width, "height": height}
    options = {"viewport": size, "color_scheme": theme, "locale": "en-GB"}
    # Bars to scroll by lie over the page then, as on a phone, and leave no empty strip beside it.
    visitor: Visitor = visit(CUSTOMER, is_mobile=True, **options)

    page = visitor.open(path)
    prepare(page)
    is_kept = os.environ.get("PICTURES") == "1"
    kept = PICTURES if is_kept else tmp_path
    taken = kept / f"{name}.png"
    kept.mkdir(exist_ok=True)
    page.screenshot(path=taken)
    with Image.open(taken) as whole:
        small = whole.convert("RGB")
    small.save(taken, optimize=is_kept)
    colours = small.getcolors(maxcolors=1 << 20) or []

    assert (small.width, small.height) == (width, height)
    assert len(colours) > _COLOURS
    assert taken.stat().st_size < _LARGEST_BYTES
