"""The page of every screen: who gets it, under which policy, and what if it is not built."""

from pathlib import Path

import pytest

PAGE = b"<!doctype html><title>VortexCore</title><script type=module src=/static/assets/a.js>"


@pytest.fixture(autouse=True)
def built(settings, tmp_path: Path) -> Path:
    """A dashboard that was built and collected."""
    settings.STATIC_ROOT = tmp_path
    (tmp_path / "index.html").write_bytes(PAGE)
    return tmp_path / "index.html"


@pytest.mark.parametrize("path", ["/", "/transactions", "/accounts/01a2/statements", "/administer"])
def test_every_screen_is_the_one_page(client, path: str):
    answer = client.get(path)

    assert answer.status_code == 200
    assert answer.content == PAGE


@pytest.mark.parametrize(
    "path",
    [
        "/api/nothing",
        "/api",
        "/rpc/nothing",
        "/health/nothing",
        "/metrics/nothing",
        "/static/nothing",
        "/ws/nothing",
        "/ws",
        "/dev/nothing",
        "/admin",
        "/.well-known/nothing",
        "/problems/no_such_problem",
        "/favicon.ico",
        "/assets/old-12345678.js",
    ],
)
def test_what_others_answer_for_is_never_answered_with_the_page(client, path: str):
    answer = client.get(path)

    assert answer.status_code == 404
    assert PAGE not in answer.content


def test_the_policy_lets_the_page_load_from_here_and_make_no_script_of_a_text(client):
    answer = client.get("/")

    policy = dict(rule.split(" ", 1) for rule in answer["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in str(policy)
    assert "http" not in str(policy)
    assert {"script-src", "style-src", "connect-src"}.isdisjoint(policy), "they are default-src"


def test_the_page_is_asked_for_again_each_time_and_sent_only_where_it_changed(client, built: Path):
    first = client.get("/")

    again = client.get("/", headers={"If-None-Match": first["ETag"]})
    built.write_bytes(PAGE + b"<!-- newer -->")
    newer = client.get("/", headers={"If-None-Match": first["ETag"]})

    assert first["Cache-Control"] == "no-cache"
    assert again.status_code == 304
    assert newer.status_code == 200


def test_the_page_is_read_and_nothing_is_posted_to_it(client):
    assert client.post("/").status_code == 405
    assert client.head("/transactions").status_code == 200


def test_the_headers_that_keep_others_away_stand_on_the_page(client):
    answer = client.get("/")

    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["Permissions-Policy"]


def test_a_bank_without_its_dashboard_says_how_to_build_it(client, built: Path):
    built.unlink()

    answer = client.get("/")

    assert answer.status_code == 503
    assert "make dashboard" in answer.content.decode()
    assert "/api/docs" in answer.content.decode()
