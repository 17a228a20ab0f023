"""What tests of the wire share: a warehouse that is served, and Django behind a real socket."""

import threading
from collections.abc import Iterator

import pytest
from django.core.servers.basehttp import (
    ThreadedWSGIServer,
    WSGIRequestHandler,
    get_internal_wsgi_application,
)

from tests.kernel.sample import Shelf, Warehouse
from vortex.testing import stub


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    """Serve the warehouse from a shelf with three tins and nothing else."""
    served = Shelf(tin=3)
    with stub(Warehouse, served):
        yield served


@pytest.fixture(scope="session")
def django_url() -> Iterator[str]:
    """Return where this process's own Django listens."""
    WSGIRequestHandler.disable_nagle_algorithm = True
    server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler)
    server.daemon_threads = True
    server.set_app(get_internal_wsgi_application())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
