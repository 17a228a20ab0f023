"""Envoy's routes: which addresses are a context's, and what is done again when it fails.

Three kinds of requests differ in what may be sent twice. A read changes nothing, so it is sent
again after any failure. A write with an Idempotency-Key is done once however often it arrives, so
it is sent again where the connection broke. Any other write is sent again only where the first
never left. The answer to a write is never thrown away because its status is 503: the bank said it.
"""

from collections.abc import Iterator
from typing import Any

from extraction.gateway.clusters import MONOLITH
from extraction.gateway.plan import Plan, Route

TYPE = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration"
NAME = "bank"
VERSION_PATH = "/health/gateway"
# Longer than VORTEX_REQUEST_DEADLINE_MS, so that it is the bank that says what went wrong.
TIMEOUT = "35s"

Json = dict[str, Any]

# What a context owns besides /api/<context>, /ws/<context> and /rpc/<context>.
OWNED = {"auth": ("/.well-known", "/dev/mailbox")}
_READING = {"name": ":method", "string_match": {"safe_regex": {"regex": "GET|HEAD|OPTIONS"}}}
_KEYED = {"name": "idempotency-key", "present_match": True}
_UNKEYED = {"name": "idempotency-key", "present_match": False}
_NEVER_LEFT = "connect-failure,refused-stream,reset-before-request"
_UPGRADED = {"name": "upgrade", "present_match": True}


def routes(plan: Plan, version: str) -> Json:
    """Return the table of routes. Requests that no context claims are the monolith's."""
    rules = [_said(version)]
    for name, route in sorted(plan.routes.items()):
        rules += _of_context(name, route)
    rules += _of({"prefix": "/"}, _READING, _to_monolith(), _to_monolith())
    return {
        "@type": TYPE,
        "name": NAME,
        "validate_clusters": True,
        "request_headers_to_remove": [
            "x-vortex-mirrored",
            "x-vortex-aside",
            "x-envoy-external-address",
        ],
        "response_headers_to_add": [
            {
                "header": {"key": "x-served-by", "value": "%UPSTREAM_CLUSTER%"},
                "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
            }
        ],
        "virtual_hosts": [{"name": "bank", "domains": ["*"], "routes": rules}],
    }


def _of_context(name: str, route: Route) -> Iterator[Json]:
    reads, writes = _split(name, route.read_percent), _split(name, route.percent)
    mirrored = reads | _mirror(name, route.mirror)
    for path in (f"/api/{name}", f"/api/v1/{name}", *OWNED.get(name, ())):
        yield from _of({"path_separated_prefix": path}, _READING, mirrored, writes)
    # A question between services is a POST without a key, a command one with a key.
    yield from _of({"path_separated_prefix": f"/rpc/{name}"}, _UNKEYED, mirrored, writes)
    socket = {"path_separated_prefix": f"/ws/{name}"}
    yield {"match": socket, "route": writes | _endless()}


def _of(place: Json, reading: Json, reads: Json, writes: Json) -> Iterator[Json]:
    """Return the rules of one place: sockets, reads, writes with a key, other writes."""
    if place == {"prefix": "/"}:
        yield {"match": place | {"headers": [_UPGRADED]}, "route": reads | _endless()}
    again = _again("connect-failure,refused-stream,reset,retriable-status-codes")
    again["retry_policy"]["retriable_status_codes"] = [503]
    yield {"match": place | {"headers": [reading]}, "route": reads | again}
    keyed = _again(f"{_NEVER_LEFT},reset")
    yield {"match": place | {"headers": [_KEYED]}, "route": writes | keyed}
    yield {"match": place, "route": writes | _again(_NEVER_LEFT)}


def _said(version: str) -> Json:
    """Return the rule by which the gateway tells which routes it has in force."""
    body = f'{{"version": "{version}"}}\n'
    return {
        "match": {"path": VERSION_PATH},
        "direct_response": {"status": 200, "body": {"inline_string": body}},
        "response_headers_to_add": [
            {"header": {"key": "content-type", "value": "application/json"}}
        ],
    }


def _to_monolith() -> Json:
    return {"cluster": MONOLITH, "timeout": TIMEOUT}


def _split(name: str, percent: int) -> Json:
    """Return a share of the people for the service; the header holds each one's number."""
    if percent in {0, 100}:
        chosen: Json = {"cluster": name if percent else MONOLITH}
    else:
        weights = [
            {"name": name, "weight": percent},
            {"name": MONOLITH, "weight": 100 - percent},
        ]
        chosen = {"weighted_clusters": {"clusters": weights, "header_name": "x-vortex-share"}}
    return chosen | {"timeout": TIMEOUT}


def _mirror(name: str, percent: int) -> Json:
    if not percent:
        return {}
    share = {"default_value": {"numerator": percent, "denominator": "HUNDRED"}}
    return {
        "request_mirror_policies": [
            {
                "cluster": name,
                "runtime_fraction": share,
                # The host name is checked by the bank: a suffix would have it refuse everything.
                "disable_shadow_host_suffix_append": True,
                "request_headers_mutations": [
                    {
                        "append": {
                            "header": {"key": "x-vortex-mirrored", "value": "1"},
                            "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
                        }
                    }
                ],
            }
        ]
    }


def _again(conditions: str) -> Json:
    return {
        "retry_policy": {
            "retry_on": conditions,
            "num_retries": 2,
            "retry_back_off": {"base_interval": "0.025s", "max_interval": "0.25s"},
            # Another instance than the one that has just failed, where there is another.
            "retry_host_predicate": [
                {
                    "name": "envoy.retry_host_predicates.previous_hosts",
                    "typed_config": {
                        "@type": (
                            "type.googleapis.com/envoy.extensions.retry.host"
                            ".previous_hosts.v3.PreviousHostsPredicate"
                        )
                    },
                }
            ],
            "host_selection_retry_max_attempts": 3,
        }
    }


def _endless() -> Json:
    """Return what a socket needs: no deadline, and an hour of silence."""
    return {"timeout": "0s", "idle_timeout": "3600s"}
