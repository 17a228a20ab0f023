"""The list of breached passwords: built from a file, searched offline, never silently absent."""

import hashlib
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from apps.auth.adapters import breaches
from apps.auth.contracts import WeakPassword
from apps.auth.models import User
from apps.auth.services import registration
from apps.auth.tests.factories import OWN

BREACHED = "a pass phrase of a breach"
RARE = "a pass phrase seen once only"
FRESH = "a pass phrase of nobody else"


def sha1(word: str) -> str:
    return hashlib.sha1(word.encode(), usedforsecurity=False).hexdigest().upper()


@pytest.fixture
def listed(tmp_path: Path, settings) -> Path:
    """A list that was built from a file as it is downloaded."""
    lines = sorted([f"{sha1(BREACHED)}:42", f"{sha1(RARE)}:1", f"{sha1('another')}:7"])
    source, target = tmp_path / "downloaded.txt", tmp_path / "breached.bin"
    source.write_text("\r\n".join(lines) + "\n")
    call_command("build_breach_list", str(source), str(target), "--seen", "2")
    settings.VORTEX_BREACHED_PASSWORDS = str(target)
    return target


@pytest.mark.asvs("V6.2.12")
def test_a_password_of_a_breach_is_refused_and_any_other_is_taken(listed):
    for known in (BREACHED, f"\uff41{BREACHED[1:]}"):  # the same from another keyboard
        with pytest.raises(WeakPassword, match="breach"):
            registration.hash_of(known, own_words=())

    assert registration.hash_of(FRESH, own_words=())
    assert registration.hash_of(RARE, own_words=())


@pytest.mark.django_db(databases=[OWN])
def test_nobody_registers_with_a_breached_password(listed, api: APIClient):
    body = {"email": "new@example.com", "password": BREACHED, "full_name": "Nora"}

    refused = api.post("/api/auth/register", body)

    assert (refused.status_code, refused.json()["code"]) == (422, "weak_password")
    assert not User.objects.exists()


@pytest.mark.parametrize("what", ["missing", "empty", "torn", "of another kind"])
def test_a_list_that_cannot_be_read_is_not_taken_for_an_empty_one(tmp_path, settings, listed, what):
    broken = tmp_path / "broken.bin"
    if what != "missing":
        whole = listed.read_bytes()
        broken.write_bytes({"empty": b"", "torn": whole[:-3]}.get(what, b"x" * 64))
    settings.VORTEX_BREACHED_PASSWORDS = str(broken)

    with pytest.raises(breaches.BreachListUnavailable):
        registration.hash_of(FRESH, own_words=())


def test_without_a_list_the_common_passwords_are_refused_still(settings):
    settings.VORTEX_BREACHED_PASSWORDS = ""

    with pytest.raises(WeakPassword):
        registration.hash_of("passwordpassword", own_words=())
    assert registration.hash_of(BREACHED, own_words=())


@pytest.mark.parametrize("lines", ["FF:1", f"{'F' * 40}:1\n{'0' * 40}:1", f"{'G' * 40}:1"])
def test_a_file_of_another_kind_makes_no_list(tmp_path, lines):
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_text(lines)

    with pytest.raises(CommandError):
        call_command("build_breach_list", str(source), str(target))

    assert not target.exists()


def test_a_list_of_words_makes_one_too(tmp_path, settings, capsys):
    source, target = tmp_path / "words", tmp_path / "target"
    source.write_text(f"{RARE}\n{BREACHED}\n{RARE}\n")

    call_command("build_breach_list", str(source), str(target), "--words")

    assert capsys.readouterr().out.startswith("2 passwords")
    settings.VORTEX_BREACHED_PASSWORDS = str(target)
    assert breaches.is_breached(RARE)
    assert not breaches.is_breached(FRESH)


@given(st.sets(st.text(max_size=20), max_size=60), st.text(max_size=20))
def test_the_list_holds_what_was_put_in_and_nothing_else(tmp_path_factory, words, other):
    target = tmp_path_factory.mktemp("breaches") / "list"
    breaches.build(breaches.hashes_of(words), target)

    mapped = breaches._opened(str(target))

    found = {word.rstrip("\r\n") for word in words}
    assert all(breaches._holds(mapped, breaches._digest(word)) for word in found)
    assert breaches._holds(mapped, breaches._digest(other)) == (other in found)
