"""A sandbox bank of a test's own, and a customer's browser that agrees there."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest
from django.conf import settings

from apps.accounts.adapters.banks.sandbox.server import Sandbox


@contextmanager
def open_sandbox() -> Iterator[Sandbox]:
    """Open a sandbox bank on a free port."""
    redirect = f"{settings.VORTEX_PUBLIC_URL}/linked"
    server = Sandbox(("127.0.0.1", 0), ("vortexcore", "its secret"), redirect)
    serving = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    serving.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        serving.join()


@pytest.fixture
def sandbox(settings: Any) -> Iterator[Sandbox]:
    """A sandbox bank that customers may link accounts of."""
    with open_sandbox() as server:
        told = {
            "name": "sandbox",
            "title": "Sandbox bank",
            "base_url": server.url,
            "client_id": "vortexcore",
            "client_secret": "its secret",
        }
        settings.VORTEX_LINKED_BANKS = msgspec.json.encode([told]).decode()
        yield server


def agree(authorization_url: str, customer: str) -> dict[str, str]:
    """Agree as a browser does, and return what it is sent back with."""
    parts = urlsplit(authorization_url)
    fields = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert httpx.get(authorization_url).status_code == 200
    answer = httpx.post(
        f"{parts.scheme}://{parts.netloc}/authorize", data={**fields, "customer": customer}
    )
    assert answer.status_code == 303, answer.text
    back = urlsplit(answer.headers["Location"])
    assert back.path == "/linked"
    return {name: values[0] for name, values in parse_qs(back.query).items()}
