"""Envoy's clusters: the monolith, and each service that a route names."""

import ipaddress
from collections.abc import Iterable
from typing import Any

from extraction.gateway.plan import Plan, address

MONOLITH = "monolith"
TYPE = "type.googleapis.com/envoy.config.cluster.v3.Cluster"

_LIMITS = {
    "max_connections": 1024,
    "max_pending_requests": 1024,
    "max_requests": 4096,
    "retry_budget": {"budget_percent": {"value": 10}, "min_retry_concurrency": 3},
}
_LEFT_OUT = {
    "split_external_local_origin_errors": True,
    "consecutive_gateway_failure": 5,
    "enforcing_consecutive_gateway_failure": 100,
    "consecutive_local_origin_failure": 5,
    "enforcing_consecutive_local_origin_failure": 100,
    "enforcing_consecutive_5xx": 0,
    "enforcing_success_rate": 0,
    "enforcing_local_origin_success_rate": 0,
    "interval": "1s",
    "base_ejection_time": "5s",
    "max_ejection_time": "60s",
    "max_ejection_percent": 50,
}
_HTTP_1 = {
    "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
    # Shorter than the five seconds after which uvicorn closes a silent connection: a request must
    # not meet a connection that is being closed.
    "common_http_protocol_options": {"idle_timeout": "3s"},
    "explicit_http_config": {"http_protocol_options": {}},
}


def clusters(plan: Plan) -> list[dict[str, Any]]:
    """Return every cluster that the plan needs, in a fixed order."""
    services = {name: route.upstream for name, route in sorted(plan.routes.items())}
    return [cluster(MONOLITH, plan.monolith), *(cluster(n, urls) for n, urls in services.items())]


def cluster(name: str, urls: Iterable[str]) -> dict[str, Any]:
    """Return one cluster. An instance that fails five times in a row is left out for a while.

    At most half of them: the last one is never left out, because a slow answer is more than none.
    """
    instances = [address(url) for url in urls]
    numeric = all(_is_number(host) for host, _ in instances)
    return {
        "@type": TYPE,
        "name": name,
        "type": "STATIC" if numeric else "STRICT_DNS",
        "connect_timeout": "1s",
        "lb_policy": "LEAST_REQUEST",
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [_endpoint(*instance) for instance in instances]}],
        },
        "circuit_breakers": {"thresholds": [_LIMITS]},
        "outlier_detection": _LEFT_OUT,
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": _HTTP_1
        },
    }


def _endpoint(host: str, port: int) -> dict[str, Any]:
    return {"endpoint": {"address": {"socket_address": {"address": host, "port_value": port}}}}


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
