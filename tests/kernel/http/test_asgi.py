"""A header that only looks like another is not taken for it, on the way that requests take."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.wsgi import get_wsgi_application

from config.up.programs import COMMANDS
from vortex.http.asgi import HonestHeaders
from vortex.http.wsgi import ThreadedWSGI

pytestmark = pytest.mark.servers


def served() -> Any:
    application: Any = get_wsgi_application()
    return HonestHeaders(ThreadedWSGI(application, threads=1))


async def ask(path: str, headers: list[tuple[str, str]]) -> httpx.Response:
    transport = httpx.ASGITransport(served(), client=("10.0.0.9", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.get(path, headers=headers)


async def test_an_address_spelt_with_underscores_is_not_believed(settings):
    settings.VORTEX_TRUSTED_PROXIES = 1
    settings.VORTEX_RATE_LIMITS = {"test": (1, 600, "open")}
    proxy = ("X-Forwarded-For", "203.0.113.7")

    first = await ask("/api/test/limited", [proxy])
    forged = await ask("/api/test/limited", [proxy, ("X_Forwarded_For", "198.51.100.1")])
    appended = await ask("/api/test/limited", [("X-Forwarded-For", "198.51.100.1"), proxy])

    assert first.status_code == 200
    assert forged.status_code == 429
    assert appended.status_code == 429


async def test_a_request_id_travels_the_whole_way():
    response = await ask("/api/test/limited", [("X-Request-Id", "order-12345678")])

    assert response.headers["X-Request-Id"] == "order-12345678"


def test_the_server_leaves_forwarded_addresses_to_us():
    """Uvicorn would believe X-Forwarded-For from any peer on its own machine."""
    dockerfile = (Path(__file__).resolve().parents[3] / "Dockerfile").read_text()

    assert "--no-proxy-headers" in COMMANDS["web"]
    assert '"--no-proxy-headers"' in dockerfile
