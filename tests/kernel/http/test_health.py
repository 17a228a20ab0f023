"""Live means that the process runs, ready that it can work; neither is slow or indiscreet."""

import threading
from datetime import timedelta

import pytest
from django.conf import settings as django_settings

from vortex import valkey
from vortex.clock import now
from vortex.http import health
from vortex.http.health import Check, DegradedError, Readiness
from vortex.telemetry.heartbeat import beat

pytestmark = pytest.mark.servers


@pytest.fixture(autouse=True)
def _asked_anew(monkeypatch):
    monkeypatch.setattr(health, "PATIENCE_SECONDS", 30)  # a busy machine is not what is tested
    health.readiness.cache_clear()
    yield
    health.readiness.cache_clear()


@pytest.fixture
def every_database(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        yield


def test_live_asks_nobody(client, settings):
    settings.VORTEX_CACHE_URL = "redis://127.0.0.1:1/0"

    assert client.get("/health/live").json() == {"status": "alive"}


def test_ready_names_every_part_with_its_latency(client, every_database):
    beat("relay:1")
    beat("consumer:accounts:1")

    response = client.get("/health/ready")

    parts = {part["name"]: part for part in response.json()["parts"]}
    assert response.status_code == 200
    assert response.json()["status"] == "ready"
    assert {f"database:{name}" for name in django_settings.VORTEX_ALIASES} < set(parts)
    assert {"valkey", "broker", "relay", "consumer"} < set(parts)
    assert all(part["latency_ms"] >= 0 for part in parts.values())


def test_a_silent_relay_is_said_and_does_not_stop_requests(client, every_database):
    beat("consumer:accounts:1")
    valkey.client().hset("heartbeats", "relay:1", (now() - timedelta(minutes=5)).isoformat())

    response = client.get("/health/ready")

    relay = next(part for part in response.json()["parts"] if part["name"] == "relay")
    assert response.status_code == 200
    assert response.json()["status"] == "degraded"
    assert relay["status"] == "degraded"
    assert relay["detail"].startswith("silent for 3")


def test_without_valkey_it_is_not_ready_and_says_no_address(client, every_database, settings):
    settings.VORTEX_CACHE_URL = "redis://:hunter2@127.0.0.1:1/0"

    response = client.get("/health/ready")

    assert response.status_code == 503
    assert response.json()["status"] == "unavailable"
    assert "hunter2" not in response.content.decode()
    assert "127.0.0.1" not in response.content.decode()


def test_without_the_broker_it_is_degraded(client, every_database, settings):
    settings.VORTEX_BROKER_URL = "redis://127.0.0.1:1/0"

    response = client.get("/health/ready")

    assert response.status_code == 200
    assert response.json()["status"] == "degraded"


def test_a_database_behind_the_code_is_not_ready(every_database, monkeypatch):
    from django.db import connections

    with connections["accounts"].cursor() as cursor:
        cursor.execute("select app, name, applied from django_migrations where app = 'outbox'")
        rows = cursor.fetchall()
        cursor.execute("delete from django_migrations where app = 'outbox'")
    try:
        parts = Readiness(health.hosted_checks).parts()
    finally:
        with connections["accounts"].cursor() as cursor:
            cursor.executemany(
                "insert into django_migrations (app, name, applied) values (%s, %s, %s)", rows
            )
        connections["accounts"].close()

    accounts = next(part for part in parts if part.name == "database:accounts")
    assert (accounts.status, accounts.detail) == ("down", "MigrationsMissingError")


def test_many_probes_ask_once_a_second():
    asked = []
    readiness = Readiness(lambda: (Check("part", True, lambda: asked.append(1)),))

    for _ in range(50):
        readiness.parts()

    assert len(asked) == 1


def test_a_part_that_hangs_makes_the_answer_down_and_not_late(monkeypatch):
    monkeypatch.setattr(health, "PATIENCE_SECONDS", 0.05)
    go_on = threading.Event()

    def hang() -> None:
        go_on.wait(10)

    readiness = Readiness(lambda: (Check("hangs", True, hang),))

    parts = readiness.parts()
    go_on.set()

    assert [(part.status, part.detail) for part in parts] == [("down", "no answer")]


def test_a_check_says_how_it_went():
    def limps() -> None:
        raise DegradedError("slow")

    def breaks() -> None:
        raise ConnectionError("postgresql://user:hunter2@host")

    outcomes = [Check("x", True, ask).run() for ask in (lambda: None, limps, breaks)]

    assert [(part.status, part.detail) for part in outcomes] == [
        ("up", ""),
        ("degraded", "slow"),
        ("down", "ConnectionError"),
    ]


def test_metrics_are_for_those_who_hold_the_token(client, settings):
    settings.VORTEX_METRICS_TOKEN = "a-token"
    client.get("/api/test/limited")

    allowed = client.get("/metrics", headers={"Authorization": "Bearer a-token"})

    assert allowed.status_code == 200
    assert "vortex_http_request_seconds_bucket" in allowed.content.decode()
    assert 'route="/api/test/limited"' in allowed.content.decode()
    for sent in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "a-token"}):
        assert client.get("/metrics", headers=sent).status_code == 401
    assert client.get("/metrics?token=a-token").status_code == 401


def test_without_a_token_there_are_no_metrics(client, settings):
    settings.VORTEX_METRICS_TOKEN = ""

    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
