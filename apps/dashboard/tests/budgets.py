"""What the dashboard may weigh and cost, measured on what was built: `make budgets`.

The first route is the overview of a customer: the page's scripts, the screen's, what both import at
once, and the styles.
"""

import gzip
import os
import sys
from pathlib import Path
from typing import Final

import msgspec
from playwright.sync_api import Browser, sync_playwright

from apps.dashboard.tests.browsing import DIST, FLAGS, MISSING, PASSWORD, chromium, enter
from apps.dashboard.tests.screens import ids_of, routes, sweep
from tests.bank import Bank, place

LIMITS: Final = {
    "js_gzip_kb": 90.0,
    "css_gzip_kb": 12.0,
    "lcp_ms": 1000.0,
    "cls": 0.05,
    "axe_violations": 0,
    "csp_violations": 0,
    "third_party_requests": 0,
}
CUSTOMER: Final = "customer1@example.com"
_PAGE, _FIRST = "index.html", "src/screens/overview.tsx"
_LOOKS: Final = 3


class Chunk(msgspec.Struct):
    """What Vite says of one file that it made."""

    file: str
    imports: list[str] = []
    css: list[str] = []


def sizes(dist: Path = DIST) -> dict[str, float]:
    """Return what the first route weighs, in kB of gzip -9."""
    chunks = msgspec.json.decode((dist / "manifest.json").read_bytes(), type=dict[str, Chunk])
    files = _with_imports(chunks, [_PAGE, _FIRST])
    scripts = [dist / name for name in files if name.endswith(".js")]
    styles = [dist / name for name in files if name.endswith(".css")]
    return {"js_gzip_kb": _weight(scripts), "css_gzip_kb": _weight(styles)}


def _with_imports(chunks: dict[str, Chunk], names: list[str]) -> set[str]:
    """Return the files of these chunks and of whatever they import without being asked to."""
    files: set[str] = set()
    while names:
        chunk = chunks[names.pop()]
        if chunk.file not in files:
            files |= {chunk.file, *chunk.css}
            names += chunk.imports
    # Where there is one sheet for all, the page itself names it.
    return files | {one.file for one in chunks.values() if one.file.endswith(".css")}


def _weight(files: list[Path]) -> float:
    return round(sum(len(gzip.compress(file.read_bytes(), 9)) for file in files) / 1000, 1)


def measure(browser: Browser, address: str) -> dict[str, float]:
    """Return every figure, from a stranger's and a customer's look at every screen."""
    lcp, cls = _vitals(browser, address)
    stranger, customer = enter(browser, address), enter(browser, address)
    customer.sign_in(CUSTOMER)
    ids = ids_of(customer, CUSTOMER, PASSWORD)
    open_to_all = [route.path(ids) for route in routes() if route.is_open]
    found = sweep(stranger, open_to_all)
    inside = sweep(customer, [route.path(ids) for route in routes() if not route.is_open])
    complaints = stranger.complaints + customer.complaints
    for visitor in (stranger, customer):
        visitor.context.close()
    for finding in (*found.axe, *inside.axe, *complaints):
        sys.stdout.write(f"{finding}\n")
    return {
        **sizes(),
        "lcp_ms": lcp,
        "cls": cls,
        "axe_violations": len(found.axe) + len(inside.axe),
        "csp_violations": sum("broken rule" in said for said in complaints),
        "third_party_requests": sum("somebody else" in said for said in complaints),
    }


def _vitals(browser: Browser, address: str) -> tuple[float, float]:
    """Return LCP and CLS of the signed-in overview, the better of a few looks: others work here."""
    looks = []
    visitor = enter(browser, address)
    visitor.sign_in(CUSTOMER)
    for _ in range(_LOOKS):
        visitor.open("/")
        found = visitor.vitals()
        looks.append((round(found["lcp"], 1), round(found["cls"], 4)))
    visitor.context.close()
    return min(look[0] for look in looks), max(look[1] for look in looks)


def main() -> int:
    """Open a bank, measure, print; fail where a budget is exceeded."""
    program = chromium()
    if program is None:
        sys.stderr.write(f"{MISSING}\n")
        return 1
    with place() as directory, Bank(directory / "home") as bank, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        figures = measure(browser, f"http://localhost:{bank.port}")
        browser.close()
    for name, figure in figures.items():
        over = "  EXCEEDED" if figure > LIMITS[name] else ""
        sys.stdout.write(f"{name:<22}{figure:>9}   at most {LIMITS[name]}{over}\n")
    if os.environ.get("JSON") == "1":
        sys.stdout.write(f"{msgspec.json.encode(figures).decode()}\n")
    return int(any(figure > LIMITS[name] for name, figure in figures.items()))


if __name__ == "__main__":
    sys.exit(main())
