"""What a request brings along is believed only where it is harmless, and travels with the work."""

import re

import pytest
from django.test import RequestFactory

from vortex.http.address import client_address, network_of

pytestmark = pytest.mark.servers

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_sane_request_id_is_kept_and_given_back(signed_in):
    response = signed_in.get("/api/test/whoami", headers={"X-Request-Id": "order-12345678"})

    assert response["X-Request-Id"] == "order-12345678"
    assert response.json()["request_id"] == "order-12345678"


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "short",
        "x" * 129,
        "abcdefgh\r\nSet-Cookie: a=b",
        "abcdefgh\nforged log line",
        "abcdefgh\x00",
        "abcdefgh\u2028x",
        "<script>alert(1)</script>",
        "${jndi:ldap://x}",
        "ünïcödé-123",
    ],
    ids=repr,
)
def test_a_request_id_that_could_end_a_header_or_a_line_is_replaced(signed_in, sent):
    response = signed_in.get("/api/test/whoami", HTTP_X_REQUEST_ID=sent)

    assert re.fullmatch(r"[0-9a-f-]{36}", response["X-Request-Id"])
    assert response.json()["request_id"] == response["X-Request-Id"]
    assert "Set-Cookie" not in response


def test_a_trace_is_continued(signed_in):
    response = signed_in.get("/api/test/whoami", headers={"traceparent": TRACEPARENT})

    assert response.json()["traceparent"] == TRACEPARENT


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "garbage",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01",
        TRACEPARENT + "-extra",
    ],
)
def test_a_trace_that_is_none_begins_a_new_one(signed_in, sent):
    found = signed_in.get("/api/test/whoami", headers={"traceparent": sent}).json()["traceparent"]

    assert re.fullmatch(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]", found)
    assert "0af7651916cd43dd" not in found


def test_a_later_version_of_trace_context_is_read_as_this_one(signed_in):
    later = "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future-holds"

    found = signed_in.get("/api/test/whoami", headers={"traceparent": later}).json()

    assert found["traceparent"] == TRACEPARENT


def test_the_caller_may_ask_for_less_time_and_not_for_more(signed_in, settings):
    settings.VORTEX_REQUEST_DEADLINE_MS = 30_000

    def remaining(sent: str) -> int:
        answer = signed_in.get("/api/test/whoami", headers={"X-Deadline-Ms": sent})
        return int(answer.json()["remaining_ms"])

    assert remaining("5000") <= 5_000
    for sent in ("999999999", "", "-5", "1e9", "soon", "9" * 400):
        assert 5_000 < remaining(sent) <= 30_000


def test_the_actor_of_the_context_is_whoever_signed_in(signed_in, somebody):
    found = signed_in.get("/api/test/whoami").json()

    assert found["actor"] == found["user"] == str(somebody.user_id)


def test_the_actor_of_one_request_is_not_the_actor_of_the_next(signed_in):
    signed_in.get("/api/test/whoami")
    signed_in.credentials()

    from vortex.telemetry import context

    assert context.current().actor is None
    assert signed_in.get("/api/test/whoami").status_code == 401


def test_answers_for_programs_run_nothing_and_are_not_kept(client):
    response = client.get("/api/test/limited")

    assert response["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert response["Cache-Control"] == "no-store"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"


def test_pages_load_from_here_only(client):
    policy = client.get("/")["Content-Security-Policy"]

    assert "default-src 'self'" in policy
    assert "script-src" not in policy
    assert "style-src" not in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_the_access_line_has_the_pattern_and_never_the_query(client, caplog):
    with caplog.at_level("INFO"):
        client.get("/api/test/breaks/refused?token=abc123")
        client.get("/api/test/unknown-abc123")

    lines = [record.msg for record in caplog.records if "http.request.served" in str(record.msg)]
    assert [line["route"] for line in lines] == ["/api/test/breaks/<str:how>", "unmatched"]
    assert lines[0]["code"] == "test_not_enough"
    assert lines[0]["status"] == 422
    assert "abc123" not in str(lines)


def address(settings, proxies: int, *, peer: str = "10.0.0.9", forwarded: str | None = None) -> str:
    settings.VORTEX_TRUSTED_PROXIES = proxies
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return client_address(RequestFactory().get("/", headers=headers, REMOTE_ADDR=peer))


def test_without_proxies_nobody_says_where_they_are(settings):
    assert address(settings, 0, forwarded="203.0.113.7") == "10.0.0.9"


def test_with_one_proxy_only_the_entry_that_it_wrote_counts(settings):
    assert address(settings, 1, forwarded="203.0.113.7") == "203.0.113.7"
    assert address(settings, 1, forwarded="1.1.1.1, 2.2.2.2, 203.0.113.7") == "203.0.113.7"


def test_with_two_proxies_the_outer_one_vouches(settings):
    assert address(settings, 2, forwarded="1.1.1.1, 203.0.113.7, 10.0.0.1") == "203.0.113.7"


def test_a_list_that_is_too_short_did_not_pass_our_proxies(settings):
    assert address(settings, 2, forwarded="203.0.113.7") == "10.0.0.9"


@pytest.mark.parametrize("forwarded", ["unknown", "", "localhost", "1.2.3", "<script>", "a, b, c"])
def test_what_is_no_address_is_not_believed(settings, forwarded):
    assert address(settings, 1, forwarded=forwarded) == "10.0.0.9"


def test_ports_brackets_and_mapped_addresses_are_understood(settings):
    assert address(settings, 1, forwarded="203.0.113.7:5432") == "203.0.113.7"
    assert address(settings, 1, forwarded="[2001:db8::1]:443") == "2001:db8::1"
    assert address(settings, 1, forwarded="::ffff:203.0.113.7") == "203.0.113.7"
    assert address(settings, 0, peer="") == "unknown"


def test_a_whole_ipv6_network_is_one_client():
    assert (
        network_of("2001:db8:1:2:3:4:5:6") == network_of("2001:db8:1:2::1") == "2001:db8:1:2::/64"
    )
    assert network_of("203.0.113.7") == "203.0.113.7"
