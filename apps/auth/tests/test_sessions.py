"""Sessions: one refresh token in force at a time, and an end that is an end everywhere."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connections
from rest_framework.test import APIClient

from apps.auth import handlers
from apps.auth.conf import SESSION_LIFETIME
from apps.auth.contracts import SessionRevoked, TokenReuseDetected, UserDeactivated
from apps.auth.models import RefreshFamily, Session, User
from apps.auth.services import keys, sessions
from apps.auth.services.issuing import Tokens
from apps.auth.services.sessions import InvalidRefreshToken, RefreshTokenReused
from apps.auth.tests.factories import OWN, a_user, reactivated, sign_in
from vortex import identity
from vortex.clock import now
from vortex.db import unit_of_work
from vortex.identity import InvalidToken, SessionIsRevoked

pytestmark = pytest.mark.django_db(databases=[OWN])

A_MOMENT = timedelta(seconds=1)
LATER = timedelta(seconds=31)


def refresh(token: str, after: timedelta = A_MOMENT) -> Tokens:
    return sessions.refresh(token=token, now=now() + after)


def test_a_refresh_token_is_exchanged_for_the_next_pair_of_the_same_session(ada: User):
    first = sign_in(ada)

    second = refresh(first.refresh)

    assert second.refresh != first.refresh
    assert identity.verify(first.access).session_id == _sid(second.access) == _sid(second.refresh)


def test_a_lost_answer_is_given_again_within_the_grace(ada: User):
    first = sign_in(ada)

    second, again = refresh(first.refresh), refresh(first.refresh)

    assert again.refresh == second.refresh
    assert refresh(second.refresh).refresh != second.refresh


@pytest.mark.asvs("V10.4.5")
def test_a_replaced_token_that_comes_back_late_ends_the_session(ada: User, published, closed):
    first = sign_in(ada)
    second = refresh(first.refresh, timedelta(0))

    with pytest.raises(RefreshTokenReused):
        refresh(first.refresh, LATER)

    session = Session.objects.get()
    assert session.revoked_reason == "token_reuse"
    assert RefreshFamily.objects.get().state == "revoked"
    assert len(published(TokenReuseDetected)) == len(published(SessionRevoked)) == 1
    assert closed() == [str(session.pk)]
    for access in (first.access, second.access):
        with pytest.raises(SessionIsRevoked):
            identity.verify(access)
    with pytest.raises(InvalidRefreshToken):
        refresh(second.refresh)


def test_a_token_whose_successor_was_used_ends_the_session_even_within_the_grace(ada: User):
    first = sign_in(ada)
    second = refresh(first.refresh)
    refresh(second.refresh)

    with pytest.raises(RefreshTokenReused):
        refresh(first.refresh)


@pytest.mark.django_db(databases=[OWN], transaction=True)
def test_of_many_refreshes_at_once_all_get_one_and_the_same_successor(ada: User):
    token, together = sign_in(ada).refresh, threading.Barrier(8)

    def exchange(_: int) -> str:
        together.wait()
        try:
            return refresh(token).refresh
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        successors = set(threads.map(exchange, range(8)))

    assert len(successors) == 1
    assert Session.objects.get().revoked_at is None
    assert refresh(successors.pop()).refresh


@pytest.mark.django_db(databases=[OWN], transaction=True)
def test_a_refresh_that_races_a_sign_out_leaves_nothing_that_works(ada: User):
    tokens, together = sign_in(ada), threading.Barrier(2)
    session_id = Session.objects.get().pk
    given: list[str] = []

    def go_on() -> None:
        together.wait()
        try:
            given.append(refresh(tokens.refresh, timedelta(0)).refresh)
        except InvalidRefreshToken:
            pass
        finally:
            connections.close_all()

    def leave() -> None:
        together.wait()
        try:
            sessions.revoke_session(session_id=session_id, reason="signed_out", now=now())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(go_on), threads.submit(leave)]:
            done.result()

    for token in [tokens.refresh, *given]:
        with pytest.raises(InvalidRefreshToken):
            refresh(token)


@pytest.mark.parametrize("garbage", ["", "x", "a.b.c", "é" * 100, "x" * 4096])
def test_what_is_no_refresh_token_is_refused(ada: User, garbage):
    with pytest.raises(InvalidRefreshToken):
        refresh(garbage)


@pytest.mark.asvs("V9.2.2", "V9.2.3", "V9.2.4", "V10.3.1")
def test_neither_kind_of_token_passes_for_the_other(ada: User):
    tokens = sign_in(ada)

    with pytest.raises(InvalidRefreshToken):
        refresh(tokens.access)
    with pytest.raises(InvalidToken):
        identity.verify(tokens.refresh)


@pytest.mark.parametrize("forgery", ["none", "hmac", "other_key", "other_session", "no_kid"])
@pytest.mark.asvs("V6.8.2", "V7.2.1", "V9.1.1", "V9.1.2", "V9.1.3")
def test_a_forged_token_opens_nothing(ada: User, forgery):
    tokens = sign_in(ada)
    own = keys.keys_for_tokens(now=now())
    header = {"kid": own.kid}

    def forge(token: str) -> str:
        claims = jwt.decode(token, options={"verify_signature": False})
        if forgery == "none":
            return jwt.encode(claims, "", algorithm="none", headers=header)
        if forgery == "hmac":  # the public key, which everybody has, as a shared secret
            secret = own.public[own.kid].public_bytes_raw()
            return jwt.encode(claims, secret, algorithm="HS256", headers=header)
        if forgery == "other_key":
            stranger = Ed25519PrivateKey.generate()
            return jwt.encode(claims, stranger, algorithm="EdDSA", headers=header)
        if forgery == "no_kid":
            return jwt.encode(claims, own.private, algorithm="EdDSA")
        head, _, signature = token.split(".")
        other = sign_in(a_user())
        return ".".join(
            [
                head,
                (other.access if token is tokens.access else other.refresh).split(".")[1],
                signature,
            ]
        )

    with pytest.raises(InvalidToken):
        identity.verify(forge(tokens.access))
    with pytest.raises(InvalidRefreshToken):
        refresh(forge(tokens.refresh))


@pytest.mark.asvs("V7.3.2", "V10.4.8")
def test_a_session_ends_however_often_it_is_refreshed(ada: User):
    tokens = sign_in(ada)
    Session.objects.update(expires_at=now() + A_MOMENT)

    with pytest.raises(InvalidRefreshToken):
        refresh(tokens.refresh, 2 * A_MOMENT)


@pytest.mark.asvs("V9.2.1")
def test_no_token_outlives_its_session(ada: User):
    tokens = sign_in(ada)
    ends = now() + timedelta(minutes=5)
    Session.objects.update(expires_at=ends)

    second = refresh(tokens.refresh)

    assert second.expires_in <= 300
    for token in (second.access, second.refresh):
        assert jwt.decode(token, options={"verify_signature": False})["exp"] <= ends.timestamp()
    assert timedelta(minutes=5) < SESSION_LIFETIME


@pytest.mark.asvs("V7.4.1")
def test_signing_out_kills_the_tokens_and_closes_the_sockets(
    api: APIClient, ada: User, published, closed
):
    tokens = sign_in(ada)
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.access}")
    assert api.get("/api/auth/user/profile").status_code == 200

    assert api.post("/api/auth/logout").status_code == 204

    answer = api.get("/api/auth/user/profile")
    assert (answer.status_code, answer.json()["code"]) == (401, "session_revoked")
    assert closed() == [str(Session.objects.get().pk)]
    [event] = published(SessionRevoked)
    assert event.reason == "signed_out"
    assert api.post("/api/auth/refresh", {"refresh": tokens.refresh}).status_code == 401


def test_signing_out_of_one_session_leaves_the_others(ada: User, api: APIClient):
    here, there = sign_in(ada), sign_in(ada)
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {here.access}")

    api.post("/api/auth/logout")

    assert identity.verify(there.access).user_id == ada.pk
    assert refresh(there.refresh).expires_in > 0


def test_a_revocation_whose_process_died_is_carried_out_by_its_event(ada: User, published, closed):
    tokens = sign_in(ada)
    session = Session.objects.get()
    with unit_of_work("auth"):  # and here the process dies, before anybody is told
        sessions._end(session.pk, "signed_out", now())
    assert identity.verify(tokens.access).session_id == session.pk

    handlers.end_session_everywhere(published(SessionRevoked)[0])

    with pytest.raises(SessionIsRevoked):
        identity.verify(tokens.access)
    assert closed() == [str(session.pk)]


def test_ending_a_session_twice_is_ending_it_once(ada: User, published):
    sign_in(ada)
    session = Session.objects.get()

    for reason in ("signed_out", "revoked_by_staff"):
        sessions.revoke_session(session_id=session.pk, reason=reason, now=now())

    session.refresh_from_db()
    assert session.revoked_reason == "signed_out"
    assert len(published(SessionRevoked)) == 1


@pytest.mark.asvs("V7.4.2")
def test_who_is_deactivated_is_out_everywhere_and_stays_out_until_reactivated(
    ada: User, published, closed
):
    tokens = [sign_in(ada), sign_in(ada)]

    for _ in range(2):
        sessions.deactivate(user_id=ada.pk, now=now())

    for pair in tokens:
        with pytest.raises(SessionIsRevoked):
            identity.verify(pair.access)
        with pytest.raises(InvalidRefreshToken):
            refresh(pair.refresh)
    assert len(closed()) == len(published(SessionRevoked)) == 2
    assert len(published(UserDeactivated)) == 1

    reactivated(ada)
    assert identity.verify(sign_in(ada).access).user_id == ada.pk


def test_refreshing_over_http_gives_the_next_pair(api: APIClient, ada: User):
    tokens = sign_in(ada)

    answer = api.post("/api/auth/refresh", {"refresh": tokens.refresh})

    assert answer.status_code == 200
    assert identity.verify(answer.json()["access"]).user_id == ada.pk
    assert api.post("/api/auth/refresh", {"refresh": "x"}).json()["code"] == "invalid_refresh_token"
    assert api.post("/api/auth/refresh", {"refresh": "x" * 10_000}).status_code == 422
    assert api.post("/api/auth/refresh", {"refresh": {"x": 1}}).status_code == 422


def test_refreshing_stays_within_its_queries(
    api: APIClient, ada: User, django_assert_max_num_queries
):
    tokens = sign_in(ada)

    with django_assert_max_num_queries(8, using=OWN):
        assert api.post("/api/auth/refresh", {"refresh": tokens.refresh}).status_code == 200


def _sid(token: str) -> object:
    from uuid import UUID

    return UUID(jwt.decode(token, options={"verify_signature": False})["sid"])
