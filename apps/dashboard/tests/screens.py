"""Every address of the dashboard, from its own list of routes: a new screen is swept unasked."""

import re
from dataclasses import dataclass, field
from typing import Final

from playwright.sync_api import APIRequestContext

from apps.dashboard.tests.browsing import THEMES, WEB, WIDTHS, Visitor

_ROUTE: Final = re.compile(r'\{ path: "([^"]+)"([^}]*)\}')
# Where there is no such screen, the dashboard says so on a screen of its own.
NOWHERE: Final = "/no/such/screen"


@dataclass(frozen=True)
class Route:
    """One line of src/routes.ts: `/accounts/:id`, and whether strangers may see it."""

    pattern: str
    is_open: bool

    def path(self, ids: dict[str, str]) -> str:
        """Return an address that the route answers."""
        if self.pattern == "*":
            return NOWHERE
        return re.sub(r":(\w+)", lambda found: ids[f"{self.pattern} {found[1]}"], self.pattern)


@dataclass
class Findings:
    """What a sweep found, each finding with the screen and how it was looked at."""

    axe: list[str] = field(default_factory=list)
    sideways: list[str] = field(default_factory=list)


def routes() -> list[Route]:
    """Return every route, in the order of the list."""
    text = (WEB / "src" / "routes.ts").read_text(encoding="utf-8")
    found = [Route(pattern, "bare: true" in rest) for pattern, rest in _ROUTE.findall(text)]
    assert len(found) == text.count("path: "), "src/routes.ts has a line that is read otherwise"
    return found


def ids_of(visitor: Visitor, email: str, password: str) -> dict[str, str]:
    """Return an id for each `:name` of the routes, of things that this customer has."""
    asking: APIRequestContext = visitor.context.request
    said = {"email": email, "password": password}
    tokens = asking.post(f"{visitor.address}/api/auth/login", data=said).json()
    bearer = {"Authorization": f"Bearer {tokens['access']}"}
    accounts = asking.get(f"{visitor.address}/api/accounts", headers=bearer).json()["items"]
    return {"/accounts/:id id": accounts[0]["id"]}


def sweep(visitor: Visitor, paths: list[str]) -> Findings:
    """Look at each screen in both themes and at three widths, in one visit."""
    found = Findings()
    for path in paths:
        visitor.open(path)
        for theme in THEMES:
            visitor.paint(theme)
            # Another theme has other colours, and everything else is as it was.
            barriers = visitor.barriers(colours_only=theme != THEMES[0])
            found.axe += [f"{path} {theme}: {barrier}" for barrier in barriers]
        for width in WIDTHS:
            if beyond := visitor.overflow(width):
                found.sideways.append(f"{path} at {width}: {beyond} px too wide")
        visitor.page.set_viewport_size({"width": 1280, "height": 900})
    return found
