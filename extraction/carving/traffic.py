"""Kong and Istio for those who run them, one file for each phase of a move.

Both give a share to requests and not to people: Kong's weights and Istio's have no hash. The bank's
own gateway sticks to people; here a person may meet both sides until the last phase. A share below
all is one of reads: until the data have moved the monolith takes every write, and after that the
last file is the right one. The service answers reads once `route CONTEXT outer` has been said.
"""

from typing import Any

from config.contexts import Context
from extraction.carving.texts import documents
from extraction.gateway.routing import OWNED

Json = dict[str, Any]

MONOLITH, MONOLITH_PORT = "web", 80
ALL = 100
SHARES = (10, 50, ALL)


def paths(carved: Context) -> list[str]:
    """Return the addresses that are the context's."""
    own = [f"/{kind}/{carved.name}" for kind in ("api", "api/v1", "ws", "rpc")]
    return [*own, *OWNED.get(carved.name, ())]


def phases(carved: Context) -> dict[str, bytes]:
    """Return every file by its path."""
    found = {f"istio/share-{share}.yaml": _istio(carved, share) for share in SHARES}
    found["istio/mirror.yaml"] = _istio(carved, 0)
    found["istio/security.yaml"] = documents(
        "Calls are encrypted and both ends are known; only the bank's own may call.",
        *_security(carved),
    )
    return found | {f"kong/share-{share}.yaml": _kong(carved, share) for share in SHARES}


def _istio(carved: Context, share: int) -> bytes:
    said = _says(share)
    why = said if share else "Reads and writes are answered by the monolith; reads are mirrored."
    return documents(why, _virtual_service(carved, share), _destination_rule(carved))


def _says(share: int) -> str:
    if share == ALL:
        return "All requests are answered by the service: for when it owns the data."
    return f"{share} % of the reads are answered by the service, the rest by the monolith."


def _writes(share: int) -> int:
    return share if share == ALL else 0


def _virtual_service(carved: Context, share: int) -> Json:
    matches = [{"uri": {"regex": f"{path}(/.*)?"}} for path in paths(carved)]
    routes: list[Json] = []
    if not share:
        reads = [match | {"method": {"regex": "GET|HEAD"}} for match in matches]
        mirror = _place(carved.service, carved.port)
        routes.append({"name": "mirrored", "match": reads, **_to(carved, 0, again=True)})
        routes[0]["mirror"] = mirror
        routes[0]["mirrorPercentage"] = {"value": 100}
    else:
        reads = [match | {"method": {"regex": "GET|HEAD"}} for match in matches]
        routes.append({"name": "reads", "match": reads, **_to(carved, share, again=True)})
    routes.append({"name": "writes", "match": matches, **_to(carved, _writes(share), again=False)})
    routes.append({"name": "everything-else", **_to(carved, 0, again=True)})
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": carved.service},
        "spec": {
            "hosts": ["bank.example"],
            "gateways": ["bank"],
            "http": routes,
        },
    }


def _to(carved: Context, share: int, *, again: bool) -> Json:
    """Return where requests go; only reads are sent again after a failure of the other side."""
    conditions = (
        "connect-failure,refused-stream,reset,503" if again else "connect-failure,refused-stream"
    )
    weighed = [(share, _place(carved.service, carved.port))]
    weighed.append((100 - share, _place(MONOLITH, MONOLITH_PORT)))
    return {
        "route": [{"destination": place, "weight": weight} for weight, place in weighed if weight],
        "timeout": "35s",
        "retries": {"attempts": 2, "retryOn": conditions},
    }


def _place(host: str, port: int) -> Json:
    return {"host": host, "port": {"number": port}}


def _destination_rule(carved: Context) -> Json:
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "DestinationRule",
        "metadata": {"name": carved.service},
        "spec": {
            "host": carved.service,
            "trafficPolicy": {
                "tls": {"mode": "ISTIO_MUTUAL"},
                "connectionPool": {
                    # Shorter than the five seconds after which the server closes a silent one.
                    "http": {"idleTimeout": "3s", "http1MaxPendingRequests": 1024},
                    "tcp": {"connectTimeout": "1s"},
                },
                "outlierDetection": {
                    "consecutiveGatewayErrors": 5,
                    "consecutive5xxErrors": 0,
                    "interval": "1s",
                    "baseEjectionTime": "5s",
                    "maxEjectionPercent": 50,
                },
            },
        },
    }


def _security(carved: Context) -> list[Json]:
    selector = {"matchLabels": {"app.kubernetes.io/name": carved.service}}
    namespaces = {"namespaces": ["vortexcore*", "istio-system"]}
    return [
        {
            "apiVersion": "security.istio.io/v1",
            "kind": "PeerAuthentication",
            "metadata": {"name": carved.service},
            "spec": {"selector": selector, "mtls": {"mode": "STRICT"}},
        },
        {
            "apiVersion": "security.istio.io/v1",
            "kind": "AuthorizationPolicy",
            "metadata": {"name": carved.service},
            "spec": {
                "selector": selector,
                "action": "ALLOW",
                "rules": [{"from": [{"source": namespaces}]}],
            },
        },
    ]


def _kong(carved: Context, share: int) -> bytes:
    targets = [
        {"target": f"{host}:{port}", "weight": weight}
        for host, port, weight in (
            (carved.service, carved.port, share),
            (MONOLITH, MONOLITH_PORT, 100 - share),
        )
    ]
    healthy = {
        "passive": {
            "type": "http",
            "healthy": {"successes": 2},
            "unhealthy": {"tcp_failures": 5, "timeouts": 5, "http_failures": 5},
        }
    }
    services = [_kong_service(carved, carved.name)]
    if share != ALL:
        services[0]["routes"][0]["methods"] = ["GET", "HEAD"]
        services.append(_kong_service(carved, f"{carved.name}-writes", MONOLITH))
    content = {
        "_format_version": "3.0",
        "_transform": True,
        "upstreams": [{"name": carved.name, "targets": targets, "healthchecks": healthy}],
        "services": services,
    }
    return documents(_says(share), content)


def _kong_service(carved: Context, name: str, host: str = "") -> Json:
    """Return a service that sends to the weighted targets, or to one host."""
    matched = [f"~{path.replace('.', '[.]')}(/|$)" for path in paths(carved)]
    route = {"name": name, "paths": matched, "strip_path": False, "preserve_host": True}
    return {
        "name": name,
        "host": host or carved.name,
        "port": 80,
        "protocol": "http",
        # Kong would send a write again too, which only its receiver may decide.
        "retries": 0,
        "connect_timeout": 1000,
        "read_timeout": 35000,
        "write_timeout": 35000,
        "routes": [route],
    }
