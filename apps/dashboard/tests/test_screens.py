"""Every screen, by its own list of routes: no barrier in light or dark, nothing beyond the edge.

The console, the policy and who is asked for what are watched by the fixture that lets visitors in.
"""

import pytest

from apps.dashboard.tests.browsing import PASSWORD
from apps.dashboard.tests.budgets import CUSTOMER, LIMITS, sizes
from apps.dashboard.tests.conftest import Enter
from apps.dashboard.tests.screens import ids_of, routes, sweep

pytestmark = [pytest.mark.xdist_group("dashboard"), pytest.mark.timeout(240)]


def test_no_screen_for_strangers_has_a_barrier_and_each_fits_every_width(visit: Enter):
    found = sweep(visit(), [route.path({}) for route in routes() if route.is_open])

    assert found.axe == []
    assert found.sideways == []


def test_no_screen_for_customers_has_a_barrier_and_each_fits_every_width(visit: Enter):
    visitor = visit(CUSTOMER)
    ids = ids_of(visitor, CUSTOMER, PASSWORD)

    found = sweep(visitor, [route.path(ids) for route in routes() if not route.is_open])

    assert found.axe == []
    assert found.sideways == []


def test_the_first_route_keeps_its_weight(visit: Enter):
    visit()  # the bank is open, so the dashboard is built

    for name, weight in sizes().items():
        assert weight <= LIMITS[name], name


def test_the_overview_is_painted_soon_and_does_not_jump(visit: Enter):
    visitor = visit(CUSTOMER)
    visitor.open("/")

    found = visitor.vitals()

    print(f"LCP {found['lcp']:.0f} ms, CLS {found['cls']:.3f}")  # noqa: T201 - time is measured, not judged
    assert found["lcp"] > 0
    assert found["cls"] <= LIMITS["cls"]
