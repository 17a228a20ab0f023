"""Every screen when it is not as usual: the bank fails, words are large, colours the system's."""

from functools import partial

import pytest
from playwright.sync_api import Page, Route, expect

from apps.dashboard.tests.browsing import PASSWORD
from apps.dashboard.tests.budgets import CUSTOMER
from apps.dashboard.tests.conftest import Enter
from apps.dashboard.tests.screens import NOWHERE, ids_of, routes
from tests.bank import wait_for

pytestmark = [pytest.mark.xdist_group("dashboard"), pytest.mark.timeout(240)]
_SIZE = "parseFloat(getComputedStyle(document.querySelector('main .card, main h1')).fontSize)"
_CUT = """() => [...document.querySelectorAll("main *")].filter((one) => {
  const style = getComputedStyle(one);
  const isCut = one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 1;
  return isCut && style.overflowX === "hidden" && style.textOverflow !== "ellipsis";
}).map((one) => one.outerHTML.slice(0, 120))"""


def test_a_screen_whose_reads_fail_says_so_and_reads_again_on_request(visit: Enter):
    visitor = visit(CUSTOMER)
    visitor.forgives("status of 503")
    ids = ids_of(visitor, CUSTOMER, PASSWORD)

    for path in [route.path(ids) for route in routes() if not route.is_open]:
        if path in {"/profile", "/no/such/screen"}:
            continue  # they read nothing that another screen does not
        for read in ("accounts", "transactions/", "auth/sessions"):
            visitor.page.route(f"**/api/{read}**", _fail)
        page = visitor.open(path)
        failure = page.get_by_role("alert").filter(has_text="Something is not working on our side")
        expect(failure.first, path).to_be_visible()
        page.unroute_all(behavior="ignoreErrors")
        _retry_all(page)

        expect(failure, path).to_have_count(0)


def test_a_screen_shows_its_skeleton_as_long_as_what_it_reads_is_on_the_way(visit: Enter):
    visitor = visit(CUSTOMER)
    ids = ids_of(visitor, CUSTOMER, PASSWORD)
    reading = []

    for path in [route.path(ids) for route in routes() if not route.is_open]:
        gate = Gate()
        visitor.page.route("**/api/**", gate)
        visitor.page.goto(visitor.address + path)
        skeleton = visitor.page.locator("main .skeleton")
        if path != NOWHERE:
            expect(skeleton.first, path).to_be_visible()
            expect(skeleton.first, path).to_have_text("Loading")
            expect(visitor.page.locator("main .failed"), path).to_have_count(0)
            assert path != "/" or visitor.barriers() == []
            reading.append(path)
        gate.open()
        visitor.settled()
        visitor.page.unroute_all(behavior="ignoreErrors")

        expect(skeleton, path).to_have_count(0)
    assert len(reading) == len([route for route in routes() if not route.is_open]) - 1


def test_a_form_that_gets_no_answer_keeps_what_was_typed(visit: Enter):
    visitor = visit(CUSTOMER)
    visitor.forgives("status of 503", "ERR_TIMED_OUT")
    page = visitor.open("/transfer")
    page.get_by_label("Amount in EUR").fill("3.21")
    page.get_by_label("Message").fill("Kept")

    page.route("**/api/transactions/estimate", lambda route: route.fulfill(status=503, body="x"))
    visitor.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    # Over the former one: where none is left for a moment, a request slips through.
    page.route("**/api/transactions/estimate", lambda route: route.abort("timedout"))
    visitor.press("Escape")
    page.get_by_role("button", name="Review").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")

    expect(page.get_by_label("Amount in EUR")).to_have_value("3.21")
    expect(page.get_by_label("Message")).to_have_value("Kept")


def test_somebody_who_has_nothing_yet_is_told_what_to_do_on_every_screen(
    visit: Enter, newcomer: str
):
    visitor = visit(newcomer)

    for path, said, action in (
        ("/", "Let’s get you going", "Open an account"),
        ("/transactions", "Nothing has moved yet", ""),
        ("/transfer", "No account to move money from", "Go to the overview"),
        ("/import", "No account at another bank yet", "Add an account at another bank"),
        ("/pending", "Nothing is being looked at", ""),
        ("/linked", "No account is linked", "Bring in a statement"),
        ("/documents", "No account with statements", ""),
        ("/security", "No passkey yet", "Add a passkey"),
    ):
        page = visitor.open(path)
        expect(page.get_by_text(said), path).to_be_visible()
        if action:
            button = page.get_by_role("main").locator("a, button").filter(has_text=action)
            expect(button.first, path).to_be_visible()


def test_what_filters_find_nothing_of_is_got_rid_of_by_a_click(visit: Enter):
    page = visit(CUSTOMER).open("/transactions?q=nothing-is-called-so&direction=in")

    expect(page.get_by_text("Nothing matches")).to_be_visible()
    page.get_by_role("button", name="Clear filters").last.press("Enter")

    expect(page.locator(".row").first).to_be_visible()


def _is_of_size(page: Page, size: float) -> bool:
    return bool(page.evaluate(_SIZE) == size)


def test_words_twice_as_large_are_cut_nowhere_and_need_no_sideways_scroll(visit: Enter):
    visitor = visit(CUSTOMER)
    ids = ids_of(visitor, CUSTOMER, PASSWORD)

    for path in (route.path(ids) for route in routes() if not route.is_open):
        page = visitor.open(path)
        before = page.evaluate(_SIZE)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        # Not wait_for_function: the policy of the page lets nobody evaluate a text in it.
        wait_for(partial(_is_of_size, page, 2 * before), 20, f"{path} is twice as large")
        assert page.evaluate(_CUT) == [], path
        assert visitor.overflow(1280) == 0, path
        page.set_viewport_size({"width": 1280, "height": 900})


def test_in_the_systems_colours_what_is_chosen_and_focused_is_still_seen(visit: Enter):
    visitor = visit(CUSTOMER, forced_colors="active")
    page = visitor.open("/")

    here = page.locator(".sidebar .place[aria-current]")
    chosen = page.locator(".segmented [aria-pressed=true]").first
    button = page.get_by_role("link", name="Move money").last
    button.focus()

    for one in (here, chosen, button):
        assert one.evaluate("one => getComputedStyle(one).outlineStyle") != "none"
    assert button.evaluate("one => getComputedStyle(one).borderTopStyle") == "solid"
    # A line of a chart that took the colour of the ground would be gone.
    stroke, ground = page.locator(".chart path").first.evaluate(
        "one => [getComputedStyle(one).stroke, getComputedStyle(document.body).backgroundColor]"
    )
    assert stroke != ground


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_nothing_moves_for_those_whom_motion_makes_ill(visit: Enter, motion: str):
    visitor = visit(CUSTOMER, reduced_motion=motion)
    page = visitor.open("/transactions")

    page.locator(".row").first.evaluate("row => row.classList.add('arrived')")
    moving = page.evaluate(
        "() => document.getAnimations().filter((one) => one.effect.getTiming().duration > 1).length"
    )

    assert (moving > 0) is (motion == "no-preference")


class Gate:
    """Keeps readings on their way until it is opened."""

    def __init__(self) -> None:
        self._held: list[Route] | None = []

    def __call__(self, route: Route) -> None:
        """Hold a reading; who one is and what one may is asked before any screen."""
        is_reading = route.request.method == "GET" and "/user/profile" not in route.request.url
        if self._held is None or not is_reading:
            route.continue_()
        else:
            self._held.append(route)

    def open(self) -> None:
        """Let everything through, what was held first."""
        held, self._held = self._held or [], None
        for route in held:
            route.continue_()


def _fail(route: Route) -> None:
    said = '{"code": "unavailable", "title": "", "detail": "", "status": 503}'
    kind = "application/problem+json"
    route.fulfill(status=503, headers={"Content-Type": kind}, body=said)


def _retry_all(page: Page) -> None:
    """Press every Try again until there is none; one reading may bring others with it."""
    page.wait_for_function(
        """() => {
          const all = [...document.querySelectorAll(".failed button")];
          all.forEach((again) => again.click());
          return !all.length && !document.querySelector("[aria-busy=true]");
        }""",
        polling=200,
    )
