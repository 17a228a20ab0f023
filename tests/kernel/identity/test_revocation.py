"""A session ends when it is ended, everywhere, and nobody gets in while that cannot be known."""

from datetime import timedelta

import pytest

from vortex import valkey
from vortex.clock import now
from vortex.contracts import Principal
from vortex.identity import (
    RevocationUnavailable,
    Revoked,
    SessionIsRevoked,
    is_revoked,
    revoke_session,
    revoke_user,
    verify,
)
from vortex.ids import new_id

pytestmark = pytest.mark.servers

NOBODY_LISTENS = "redis://127.0.0.1:1/0"


@pytest.fixture
def owner():
    return Principal(user_id=new_id(), session_id=new_id())


def test_a_revoked_session_is_out_at_once_though_its_token_was_verified(issuer, owner):
    raw, other = issuer.token(owner), issuer.token()
    verify(raw)

    revoke_session(owner.session_id, now() + timedelta(minutes=15))
    revoke_session(owner.session_id, now() + timedelta(minutes=15))

    with pytest.raises(SessionIsRevoked):
        verify(raw)
    verify(other)


def test_the_mark_of_a_session_goes_when_its_tokens_are_over(issuer, owner):
    revoke_session(owner.session_id, now() + timedelta(minutes=15))

    seconds = valkey.client().ttl(f"revoked:sid:{owner.session_id}")

    assert 15 * 60 - 60 <= seconds <= 15 * 60 + 2


def test_a_session_whose_tokens_are_over_needs_no_mark(issuer, owner):
    revoke_session(owner.session_id, now() - timedelta(seconds=1))

    assert valkey.client().exists(f"revoked:sid:{owner.session_id}") == 0


def test_revoking_a_user_ends_what_came_before_and_not_what_comes_after(issuer, owner):
    before = issuer.token(owner)

    revoke_user(owner.user_id, now())

    with pytest.raises(SessionIsRevoked):
        verify(before)
    verify(issuer.token(owner))
    verify(issuer.token())


def test_an_older_mark_that_comes_late_revives_nothing(issuer, owner):
    raw = issuer.token(owner)

    revoke_user(owner.user_id, now())
    revoke_user(owner.user_id, now() - timedelta(hours=1))

    with pytest.raises(SessionIsRevoked):
        verify(raw)


def test_without_valkey_nobody_gets_in(issuer, owner, settings):
    raw = issuer.token(owner)
    verify(raw)
    settings.VORTEX_CACHE_URL = NOBODY_LISTENS

    with pytest.raises(RevocationUnavailable):
        verify(raw)
    with pytest.raises(RevocationUnavailable):
        is_revoked(session_id=None, user_id=owner.user_id, issued_at=0)


def test_a_revocation_that_could_not_be_written_is_not_silent(owner, settings):
    settings.VORTEX_CACHE_URL = NOBODY_LISTENS

    with pytest.raises(RevocationUnavailable):
        revoke_session(owner.session_id, now() + timedelta(minutes=1))
    with pytest.raises(RevocationUnavailable):
        revoke_user(owner.user_id, now())


KNOWN: list[Revoked] = [Revoked()]


def load() -> Revoked:
    """Stand in for settings.VORTEX_REVOCATIONS_LOADER: what auth's database would say."""
    [known] = KNOWN
    return known


def broken() -> Revoked:
    """Stand in for auth while it cannot be asked."""
    raise ConnectionError("auth does not answer")


def test_nobody_is_in_before_what_was_lost_is_known_again(issuer, owner, settings):
    raw, user_wide, other = issuer.token(owner), issuer.token(), issuer.token()
    revoke_session(owner.session_id, now() + timedelta(minutes=15))
    settings.VORTEX_REVOCATIONS_LOADER = f"{__name__}.load"
    KNOWN[:] = [
        Revoked(
            sessions=(owner.session_id,),
            until=now() + timedelta(minutes=15),
            users=((verify(user_wide).user_id, now()),),
        )
    ]

    valkey.client().flushdb()

    for gone in (raw, user_wide):
        with pytest.raises(SessionIsRevoked):
            verify(gone)
    verify(other)


def test_nobody_is_in_while_it_cannot_be_known_what_was_lost(issuer, owner, settings):
    raw = issuer.token(owner)
    verify(raw)
    valkey.client().flushdb()
    settings.VORTEX_REVOCATIONS_LOADER = f"{__name__}.broken"

    with pytest.raises(RevocationUnavailable):
        verify(raw)

    settings.VORTEX_REVOCATIONS_LOADER = f"{__name__}.load"
    KNOWN[:] = [Revoked()]
    verify(raw)
