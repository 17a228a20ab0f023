"""Envoy's bootstrap: where it listens, how it treats a request before it chooses a place for it."""

from importlib.resources import files as packaged
from typing import Any, Protocol

from config.contexts import CONTEXTS
from vortex.topology.share import turn_of

_TYPES = "type.googleapis.com/envoy"
_HTTP = f"{_TYPES}.extensions.filters.http"
_MEGABYTE = 1 << 20


class Watched(Protocol):
    """Where the routes and clusters are read from, and read again when they are renamed there."""

    @property
    def routes(self) -> str:
        """The file of routes."""

    @property
    def clusters(self) -> str:
        """The file of clusters."""


def bootstrap(files: Watched, host: str, port: int, admin_port: int) -> dict[str, Any]:
    """Return the configuration that never changes while the gateway runs.

    Its admin interface can stop the gateway, so it listens on this machine only.
    """
    return {
        "node": {"id": "gateway", "cluster": "vortexcore"},
        "admin": {"address": _socket("127.0.0.1", admin_port)},
        "dynamic_resources": {"cds_config": _from_file(files.clusters)},
        "static_resources": {
            "listeners": [
                {
                    "name": "bank",
                    "address": _socket(host, port),
                    # With it, a second gateway would share the port instead of being refused.
                    "enable_reuse_port": False,
                    "per_connection_buffer_limit_bytes": 4 * _MEGABYTE,
                    "filter_chains": [{"filters": [_connection_manager(files)]}],
                }
            ]
        },
    }


def _connection_manager(files: Watched) -> dict[str, Any]:
    name = "envoy.filters.network.http_connection_manager"
    return {
        "name": name,
        "typed_config": {
            "@type": (
                f"{_TYPES}.extensions.filters.network.http_connection_manager.v3"
                ".HttpConnectionManager"
            ),
            "stat_prefix": "bank",
            "rds": {"route_config_name": "bank", "config_source": _from_file(files.routes)},
            "http_filters": [_sticky(), _router()],
            "upgrade_configs": [{"upgrade_type": "websocket"}],
            # The bank believes the last entry of X-Forwarded-For, which is written here.
            "use_remote_address": True,
            "preserve_external_request_id": True,
            "always_set_request_id_in_response": False,
            "server_header_transformation": "PASS_THROUGH",
            # One path means one thing to the gateway, which routes by it, and to the bank.
            "normalize_path": True,
            "path_with_escaped_slashes_action": "REJECT_REQUEST",
            "common_http_protocol_options": {
                "headers_with_underscores_action": "DROP_HEADER",
                "idle_timeout": "75s",
            },
            "request_headers_timeout": "15s",
            "stream_idle_timeout": "60s",
            "access_log": [_log_of_failures()],
        },
    }


def _sticky() -> dict[str, Any]:
    source = (packaged(__package__) / "sticky.lua").read_text(encoding="utf-8")
    turns = ", ".join(f"{known.name} = {turn_of(known.name)}" for known in CONTEXTS)
    return {
        "name": "envoy.filters.http.lua",
        "typed_config": {
            "@type": f"{_HTTP}.lua.v3.Lua",
            "default_source_code": {"inline_string": source.replace("@TURNS@", turns)},
        },
    }


def _router() -> dict[str, Any]:
    return {
        "name": "envoy.filters.http.router",
        "typed_config": {"@type": f"{_HTTP}.router.v3.Router", "suppress_envoy_headers": True},
    }


def _log_of_failures() -> dict[str, Any]:
    """Return a log of what the gateway or a service failed at; never a query or a header of it."""
    return {
        "name": "envoy.access_loggers.stdout",
        "filter": {
            "status_code_filter": {
                "comparison": {
                    "op": "GE",
                    "value": {"default_value": 500, "runtime_key": "gateway.log_from"},
                }
            }
        },
        "typed_config": {
            "@type": f"{_TYPES}.extensions.access_loggers.stream.v3.StdoutAccessLog",
            "log_format": {
                "json_format": {
                    "event": "gateway.request.failed",
                    "at": "%START_TIME%",
                    "method": "%REQ(:METHOD)%",
                    "path": "%PATH(NQ)%",
                    "status": "%RESPONSE_CODE%",
                    "why": "%RESPONSE_FLAGS%",
                    "place": "%UPSTREAM_CLUSTER%",
                    "duration_ms": "%DURATION%",
                    "request_id": "%REQ(X-REQUEST-ID)%",
                }
            },
        },
    }


def _from_file(path: str) -> dict[str, Any]:
    return {"path_config_source": {"path": path}, "resource_api_version": "V3"}


def _socket(host: str, port: int) -> dict[str, Any]:
    return {"socket_address": {"address": host, "port_value": port}}
