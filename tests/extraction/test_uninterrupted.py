"""What cannot be undone is not interrupted, whichever thread the system gives a signal to."""

import os
import signal
import subprocess
import sys

from tests.bank import ROOT

_SCRIPT = """
import os, signal, threading
from extraction.cutting import uninterrupted

inside, pressed = threading.Event(), threading.Event()
def press():
    inside.wait()
    signal.pthread_kill(threading.get_ident(), signal.{name})
    pressed.set()

done = []
def stop(number, frame):
    done.append("stopped")
    raise SystemExit(7)
signal.signal(signal.{name}, stop)
threading.Thread(target=press).start()
with uninterrupted(), uninterrupted():
    inside.set()
    pressed.wait()
    for _ in range(1000):
        pass
    print("whole", done, flush=True)
print("never", flush=True)
"""


def _run(name: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _SCRIPT.format(name=name)],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings.test"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_signal_that_another_thread_gets_waits_for_the_end_of_the_block():
    for name in (signal.SIGINT.name, signal.SIGTERM.name, signal.SIGHUP.name):
        done = _run(name)

        assert (done.stdout, done.returncode) == ("whole []\n", 7), done.stderr
