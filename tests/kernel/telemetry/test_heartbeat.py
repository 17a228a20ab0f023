"""A process without an address says that it lives, and never fails because nobody listens."""

from datetime import timedelta

import pytest

from vortex import valkey
from vortex.clock import now
from vortex.telemetry.heartbeat import beat, beats

pytestmark = pytest.mark.servers


def test_the_last_beat_of_each_process_is_kept():
    valkey.client().delete("heartbeats")

    beat("relay")
    beat("relay")
    beat("consumer:accounts")

    assert list(beats()) == ["consumer:accounts", "relay"]
    assert all(now() - at < timedelta(seconds=30) for at in beats().values())


def test_without_valkey_the_process_goes_on(settings, caplog):
    settings.VORTEX_CACHE_URL = "redis://127.0.0.1:1/0"

    beat("relay")

    assert "telemetry.heartbeat.not_written" in caplog.text
