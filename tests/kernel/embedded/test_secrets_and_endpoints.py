"""Secrets are made once; the endpoints are believed while their publisher lives."""

import threading
from pathlib import Path

import pytest

from vortex.embedded import endpoints
from vortex.embedded.files import Lock
from vortex.embedded.secrets import Secrets


def test_two_who_ask_for_a_new_secret_at_once_get_the_same(home: Path) -> None:
    got: list[str] = []
    threads = [
        threading.Thread(target=lambda: got.append(Secrets(home).get("django"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(got) == 8
    assert len(set(got)) == 1


def test_two_secrets_differ_and_stay(home: Path) -> None:
    first, second = Secrets(home).get("django"), Secrets(home).get("rpc")

    assert first != second
    assert len(first) == 64
    assert Secrets(home).get("django") == first


def test_an_open_bank_tells_where_its_servers_are(home: Path) -> None:
    endpoints.publish(home, {"VORTEX_CACHE_URL": "redis://x"})

    assert endpoints.load(home) == {"VORTEX_CACHE_URL": "redis://x"}
    assert endpoints.path_of(home).stat().st_mode & 0o077 == 0


def test_a_bank_whose_owner_was_killed_is_closed(home: Path) -> None:
    endpoints.path_of(home).parent.mkdir(parents=True)
    endpoints.path_of(home).write_text('{"pid": 99999999, "env": {"VORTEX_CACHE_URL": "x"}}')

    assert endpoints.read(home) is None


def test_a_closed_bank_says_how_to_open_it(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VORTEX_CACHE_URL", raising=False)

    environment = endpoints.load(home)

    assert set(environment) == {"VORTEX_SECRET_KEY"}
    assert "make up" in capsys.readouterr().err


def test_a_withdrawn_bank_is_closed(home: Path) -> None:
    endpoints.publish(home, {"VORTEX_CACHE_URL": "redis://x"})

    endpoints.withdraw(home)
    endpoints.withdraw(home)

    assert endpoints.read(home) is None


def test_a_lock_is_taken_once_and_carries_a_note(home: Path) -> None:
    first, second = Lock(home / "lock"), Lock(home / "lock")

    assert first.take("http://localhost:8000")
    assert first.take()
    assert not second.take("mine")
    assert second.note() == "http://localhost:8000"

    first.release()
    assert second.take("mine")
    second.release()
