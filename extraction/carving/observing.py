"""What watches a service: Prometheus scrapes it and raises alarms, Grafana shows it."""

from typing import Any

import msgspec

from config.contexts import Context
from extraction.carving.texts import documents

Json = dict[str, Any]


def watching(carved: Context) -> dict[str, bytes]:
    """Return the files by their path."""
    return {
        "prometheus/prometheus.yml": documents(
            "Every instance of the service is asked, with the token that guards /metrics.",
            _scrape(carved),
        ),
        "prometheus/rules.yml": documents("What somebody has to be woken for.", _rules(carved)),
        "grafana/dashboard.json": _text(_dashboard(carved)),
    }


def _text(content: Json) -> bytes:
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"


def _scrape(carved: Context) -> Json:
    return {
        "global": {"scrape_interval": "15s"},
        "rule_files": ["rules.yml"],
        "scrape_configs": [
            {
                "job_name": carved.service,
                "metrics_path": "/metrics",
                "authorization": {
                    "type": "Bearer",
                    "credentials_file": "/etc/prometheus/secrets/vortex-metrics-token",
                },
                "dns_sd_configs": [{"names": [carved.service], "type": "A", "port": carved.port}],
            }
        ],
    }


def _rules(carved: Context) -> Json:
    job = f'job="{carved.service}"'
    answers = f"vortex_http_request_seconds_count{{{job}}}"
    failures = f'vortex_http_request_seconds_count{{{job},status=~"5.."}}'
    return {
        "groups": [
            {
                "name": carved.service,
                "rules": [
                    _alarm(
                        "ServiceIsDown", f"absent(up{{{job}}} == 1)", "2m", "No instance answers."
                    ),
                    _alarm(
                        "ErrorAnswers",
                        f"sum(rate({failures}[5m])) / sum(rate({answers}[5m])) > 0.01",
                        "5m",
                        "More than one answer in a hundred is an error of ours.",
                    ),
                    _alarm(
                        "OutboxIsOld",
                        f"max(vortex_outbox_lag_seconds{{{job}}}) > 60",
                        "5m",
                        "An event has waited for more than a minute to be published.",
                    ),
                ],
            }
        ]
    }


def _alarm(name: str, when: str, during: str, said: str) -> Json:
    return {
        "alert": name,
        "expr": when,
        "for": during,
        "labels": {"severity": "page"},
        "annotations": {"summary": said},
    }


def _dashboard(carved: Context) -> Json:
    job = f'job="{carved.service}"'
    seconds = "vortex_http_request_seconds"
    wanted = [
        ("Requests per second", f"sum by (status) (rate({seconds}_count{{{job}}}[1m]))", "reqps"),
        (
            "How long requests take, p99",
            f"histogram_quantile(0.99, sum by (le) (rate({seconds}_bucket{{{job}}}[5m])))",
            "s",
        ),
        (
            "Calls to other contexts",
            f"sum by (operation, outcome) (rate(vortex_calls_total{{{job}}}[1m]))",
            "reqps",
        ),
        (
            "Calls that were served",
            f"sum by (operation, status) (rate(vortex_rpc_served_seconds_count{{{job}}}[1m]))",
            "reqps",
        ),
        ("Oldest event not published", f"max(vortex_outbox_lag_seconds{{{job}}})", "s"),
        ("Events not handled yet", f"sum(vortex_inbox_lag_events{{{job}}})", "short"),
    ]
    return {
        "dashboard": {
            "id": None,
            "uid": carved.service,
            "title": carved.service,
            "tags": ["vortexcore", carved.name],
            "timezone": "browser",
            "editable": True,
            "graphTooltip": 1,
            "schemaVersion": 39,
            "version": 1,
            "refresh": "10s",
            "time": {"from": "now-1h", "to": "now"},
            "panels": [_panel(place, *panel) for place, panel in enumerate(wanted)],
        },
        "overwrite": True,
    }


def _panel(place: int, title: str, query: str, unit: str) -> Json:
    return {
        "id": place + 1,
        "type": "timeseries",
        "title": title,
        "datasource": {"type": "prometheus"},
        "gridPos": {"h": 8, "w": 12, "x": 12 * (place % 2), "y": 8 * (place // 2)},
        "fieldConfig": {"defaults": {"unit": unit}, "overrides": []},
        "targets": [{"refId": "A", "expr": query}],
    }
