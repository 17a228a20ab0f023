"""A person at a browser: what they open and press, and what the browser complains about meanwhile.

Every visitor is watched: an error on the console, a broken rule of the policy and a request to
anybody else are noted, and the fixture that made the visitor asks for them at the end.
"""

import os
import shutil
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    CDPSession,
    ConsoleMessage,
    Page,
    Request,
    WebError,
    expect,
)

# A busy machine is no fault of the page.
expect.set_options(timeout=20_000)

WEB: Final = Path(__file__).resolve().parents[1] / "web"
DIST: Final = WEB.parent / "dist"
PASSWORD: Final = "vortex-demo-2026"
MISSING: Final = (
    "Chromium is not installed: `apt-get install chromium`, or say where it is with CHROMIUM=PATH."
)
FLAGS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
WIDTHS: Final = (320, 768, 1440)
THEMES: Final = ("light", "dark")
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
_OF_COLOURS: Final = ("color-contrast", "link-in-text-block")
# Chromium writes every answer of 400 and above to the console; what the page makes of it is tested.
_ANSWERED: Final = "Failed to load resource: the server responded with a status of 4"
_BROKEN_RULE: Final = "broken rule of the policy: "
_WATCH: Final = """
addEventListener("securitypolicyviolation", (event) =>
  console.error("%s" + event.violatedDirective + " " + event.blockedURI));
window.vitals = {lcp: 0, cls: 0};
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) vitals.lcp = entry.startTime;
}).observe({type: "largest-contentful-paint", buffered: true});
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) vitals.cls += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""
# Colours that are on their way from one to another are nobody's colours.
_STILL: Final = """() =>
  new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))).then(() =>
  Promise.all(document.getAnimations().map((one) => one.finished.catch(() => null))))"""
_READY: Final = """() => document.querySelector("h1")
  && !document.querySelector("[aria-busy=true]") && document.fonts.status === "loaded" """


def chromium() -> str | None:
    """Return the browser's program: what CHROMIUM names, else what is on the path."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, _NAMES)), None)


@cache
def axe() -> str:
    """Return axe-core, from the dashboard's own packages."""
    return (WEB / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@dataclass
class Visitor:
    """One browser profile with one page; `complaints` must be empty when it leaves."""

    address: str
    context: BrowserContext
    page: Page = field(init=False)
    complaints: list[str] = field(default_factory=list)
    forgiven: list[str] = field(default_factory=list)
    # Where else the test goes with this visitor: another bank, say.
    trusted: set[str] = field(default_factory=set)
    _wire: CDPSession | None = None

    def __post_init__(self) -> None:
        """Open the page and begin to watch."""
        self.context.on("console", self._heard)
        self.context.on("weberror", self._broke)
        self.context.on("request", self._asked)
        self.page = self.context.new_page()

    def leave(self) -> None:
        """Close what was opened and watch no more; the profile stays."""
        for page in self.context.pages:
            page.close()
        self.context.unroute_all(behavior="ignoreErrors")
        self.context.remove_listener("console", self._heard)
        self.context.remove_listener("weberror", self._broke)
        self.context.remove_listener("request", self._asked)

    @property
    def wire(self) -> CDPSession:
        """The DevTools connection of the page."""
        if self._wire is None:
            self._wire = self.context.new_cdp_session(self.page)
        return self._wire

    def _broke(self, error: WebError) -> None:
        self.complaints.append(str(error.error))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type != "error" or message.text.startswith(_ANSWERED):
            return
        if not any(words in message.text for words in self.forgiven):
            self.complaints.append(message.text)

    def _asked(self, request: Request) -> None:
        asked = urlsplit(request.url)
        if asked.scheme in {"http", "https", "ws", "wss"} and asked.netloc not in {
            self._place,
            *self.trusted,
        }:
            self.complaints.append(f"asked somebody else: {request.url}")

    @property
    def _place(self) -> str:
        return urlsplit(self.address).netloc

    def sign_in(self, email: str, password: str = PASSWORD) -> None:
        """Be signed in without the page of signing in, which has tests of its own."""
        by_cookie = {"X-Token-Transport": "cookie"}
        asking, place = self.context.request, f"{self.address}/api/auth"
        # Whoever was here before is signed in yet, unless a test has ended that.
        if not asking.post(f"{place}/refresh", headers=by_cookie, data={}).ok:
            said = {"email": email, "password": password}
            answer = asking.post(f"{place}/login", headers=by_cookie, data=said)
            assert answer.ok, answer.text()
        self.page.goto(f"{self.address}/health/live")
        # No preference of an earlier visit.
        self.page.evaluate("localStorage.clear(); localStorage.setItem('vortex.session', '1')")

    def forgives(self, *words: str) -> None:
        """Expect complaints with these words: what they are about is brought about by the test."""
        self.forgiven += words

    def open(self, path: str = "/") -> Page:
        """Open a screen and wait until it shows what it has."""
        self.page.goto(self.address + path)
        return self.settled()

    def settled(self) -> Page:
        """Wait until nothing of the screen is being loaded."""
        self.page.wait_for_function(_READY)
        return self.page

    def press(self, *keys: str) -> None:
        """Press keys, one after another."""
        for key in keys:
            self.page.keyboard.press(key)

    def tab_to(self, name: str, *, role: str = "", most: int = 80) -> None:
        """Press Tab until something of this accessible name has the focus: no mouse is needed."""
        for _ in range(most):
            self.press("Tab")
            found = self.focused()
            if found["name"] == name and role in {"", found["role"]}:
                return
        raise AssertionError(f"Tab does not lead to {name!r}; the last was {self.focused()}")

    def press_on(self, name: str, *, role: str = "", most: int = 80) -> None:
        """Press Enter on something of this name, where Tab leads to it."""
        self.tab_to(name, role=role, most=most)
        self.press("Enter")

    def focused(self) -> dict[str, str]:
        """Return role and accessible name of what has the focus, as a screen reader hears them."""
        what = self.wire.send("Runtime.evaluate", {"expression": "document.activeElement"})
        reference = {"objectId": what["result"]["objectId"], "fetchRelatives": False}
        node = self.wire.send("Accessibility.getPartialAXTree", reference)["nodes"][0]
        return {part: str(node.get(part, {}).get("value", "")).strip() for part in ("role", "name")}

    def authenticator(self) -> str:
        """Plug in an authenticator that recognises its owner; return its id."""
        self.wire.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        made = self.wire.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        return str(made["authenticatorId"])

    def paint(self, theme: str) -> None:
        """Have the system light or dark, as the page's own theme follows it."""
        self.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]

    def barriers(self, *, colours_only: bool = False) -> list[str]:
        """Return what axe finds on the page as it is, each with the elements it is about."""
        self.page.evaluate(_STILL)
        if not self.page.evaluate("'axe' in window"):
            # Not as a script of the page: the policy would not let it in.
            self.wire.send("Runtime.evaluate", {"expression": f"{axe()};0"})
        # With preload, axe writes imported styles into a page, which the policy does not let it.
        found = self.page.evaluate(
            "rules => axe.run(document,"
            " {runOnly: rules, resultTypes: ['violations'], preload: false})",
            list(_OF_COLOURS if colours_only else _RULES),
        )
        return [
            f"{one['id']}: {' | '.join(map(_of_node, one['nodes'][:4]))}"
            for one in found["violations"]
        ]

    def overflow(self, width: int) -> int:
        """Return by how many pixels the page can be scrolled sideways at a width."""
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.evaluate(_STILL)  # a chart follows the width a frame later
        for end in (-10_000, 10_000):
            self.page.evaluate("x => scrollTo(x, scrollY)", end)
            if beyond := int(self.page.evaluate("Math.abs(scrollX)")):
                return beyond
        return 0

    def faults(self) -> list[str]:
        """Return what is wrong with the page and its dialogs as they are, however looked at."""
        found = []
        for theme in THEMES:
            self.paint(theme)
            barriers = self.barriers(colours_only=theme != THEMES[0])
            found += [f"{theme}: {barrier}" for barrier in barriers]
        found += [f"{width} px: too wide" for width in WIDTHS if self.overflow(width)]
        self.page.set_viewport_size({"width": 1280, "height": 900})
        return found

    def vitals(self) -> dict[str, float]:
        """Return when the largest part was painted, in ms, and how much the page has shifted."""
        found: dict[str, float] = self.page.evaluate("window.vitals")
        return found


def _of_node(node: dict[str, Any]) -> str:
    why = " ".join(str(check["message"]) for check in (*node["any"], *node["all"], *node["none"]))
    return f"{str(node['html'])[:160]} ({why})"


def profile(browser: Browser, **options: Any) -> BrowserContext:
    """Return a new profile of the browser; nothing moves unless asked for."""
    chosen = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce", **options}
    made = browser.new_context(**chosen)
    made.set_default_timeout(20_000)
    made.add_init_script(_WATCH % _BROKEN_RULE)
    return made


def enter(browser: Browser, address: str, **options: Any) -> Visitor:
    """Return a visitor with a profile of their own."""
    return Visitor(address, profile(browser, **options))
