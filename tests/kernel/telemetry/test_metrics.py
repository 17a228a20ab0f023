"""Metrics are ours by name, and one page sums up all workers."""

import subprocess
import sys
import threading

import pytest

from vortex.telemetry.metrics import counter, exposition, gauge, histogram

_WORKER = """
import sys
from vortex.telemetry.metrics import counter, exposition, gauge
count = counter("vortex_test_things_total", "Things", ("kind",))
count.labels("a").inc(int(sys.argv[1]))
gauge("vortex_test_level", "Level").set(int(sys.argv[1]))
sys.stdout.write(exposition().decode())
"""


def test_a_name_of_somebody_elses_is_refused():
    for make in (counter, gauge, histogram):
        with pytest.raises(ValueError, match="vortex_"):
            make("requests_total", "Requests")


def test_what_is_counted_is_exposed():
    name = f"vortex_test_{threading.get_native_id()}_total"
    counter(name, "Things", ("kind",)).labels("a").inc(3)

    assert f'{name}{{kind="a"}} 3.0' in exposition().decode()


def test_one_worker_answers_for_all(tmp_path, monkeypatch):
    environment = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PATH": ""}

    def work(amount: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", _WORKER, amount],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    assert 'vortex_test_things_total{kind="a"} 2.0' in work("2")
    assert 'vortex_test_things_total{kind="a"} 5.0' in work("3")
    assert "vortex_test_level 1.0" in work("1")
