"""Another way to the same bank: a second web server, or Envoy in front of the first."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psutil

from tests.load.bank import SERVERS, Bank, _await, _free_port, _running


@contextmanager
def server(bank: Bank, name: str, *, workers: int = 1) -> Iterator[Bank]:
    """Run a second web server of a kind on the same data; the first has nothing to do meanwhile."""
    port = _free_port()
    command = [part.format(port=port, workers=workers) for part in SERVERS[name]]
    with _running(f"web-{name}", command, bank.home) as process:
        _await(port)
        yield replace(bank, port=port, processes={**bank.processes, "web": [process]})


@contextmanager
def envoy(bank: Bank) -> Iterator[Bank]:
    """Run Envoy in front of the web server, with nothing to do but hand on."""
    from vortex.embedded.envoy import Envoy

    port = _free_port()
    gateway = Envoy(bank.home, lambda admin: _bootstrap(admin, port, bank.port), name="bench")
    gateway.start()
    try:
        _await(port)
        process = psutil.Process(gateway.process.pid)
        yield replace(bank, port=port, processes={**bank.processes, "envoy": [process]})
    finally:
        gateway.stop()


def _bootstrap(admin: int, port: int, behind: int) -> dict[str, Any]:
    return {
        "admin": {"address": _address(admin)},
        "static_resources": {
            "listeners": [{"address": _address(port), "filter_chains": [_chain()]}],
            "clusters": [
                {
                    "name": "bank",
                    "type": "STATIC",
                    "connect_timeout": "5s",
                    "load_assignment": {
                        "cluster_name": "bank",
                        "endpoints": [
                            {"lb_endpoints": [{"endpoint": {"address": _address(behind)}}]}
                        ],
                    },
                }
            ],
        },
    }


def _chain() -> dict[str, Any]:
    kind = "type.googleapis.com/envoy.extensions.filters"
    routes = [{"match": {"prefix": "/"}, "route": {"cluster": "bank", "timeout": "30s"}}]
    manager = {
        "@type": f"{kind}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "bench",
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}]},
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": f"{kind}.http.router.v3.Router"},
            }
        ],
    }
    name = "envoy.filters.network.http_connection_manager"
    return {"filters": [{"name": name, "typed_config": manager}]}


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}
