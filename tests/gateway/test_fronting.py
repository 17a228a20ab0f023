"""The gateway follows the seats of the contexts, and costs a hop where it cannot."""

from pathlib import Path

import pytest

from extraction import fronting
from extraction.gateway import Plan
from tests.bank import wait_for
from tests.gateway.conftest import Gateway, Opens
from tests.gateway.instances import Instance

pytestmark = pytest.mark.xdist_group("gateway")

READ = "/api/transactions/x"


def follow(home: Path, gateway: Gateway, monolith: Instance, away: dict[str, str]) -> str:
    """Tell a gateway where the contexts are."""
    fronting.publish(home, fronting.Front(gateway.port, gateway.envoy.admin_port))
    return fronting.follow(home, monolith.url, away)


def test_a_context_that_has_moved_is_asked_at_its_service_and_at_home_once_it_is_back(
    tmp_path: Path, opens: Opens, monolith: Instance, service: Instance
) -> None:
    gateway = opens(Plan((monolith.url,)))

    out = follow(tmp_path, gateway, monolith, {"transactions": service.url})
    there = gateway.client.get(READ).text
    back = follow(tmp_path, gateway, monolith, {})

    assert (out, there, back) == ("", "service", "")
    assert gateway.client.get(READ).text == "monolith"


def test_a_gateway_that_is_dead_stops_nobody_and_knows_it_when_it_is_back(
    tmp_path: Path, opens: Opens, monolith: Instance, service: Instance
) -> None:
    gateway = opens(Plan((monolith.url,)))
    gateway.envoy.stop()

    said = follow(tmp_path, gateway, monolith, {"transactions": service.url})
    gateway.envoy.start()

    assert "requests go through the old side's door" in said
    wait_for(lambda: gateway.client.get(READ).text == "service", 30, "it has the new routes")


def test_a_bank_without_a_gateway_is_asked_nothing(tmp_path: Path) -> None:
    assert fronting.follow(tmp_path, "http://127.0.0.1:8001", {}) == ""
    assert not list(tmp_path.iterdir())
