"""Signing out lasts, even where Valkey loses all it knows."""

from datetime import timedelta
from typing import Final

import pytest

from apps.auth.models import Session, User
from apps.auth.services import api_keys, revocations, sessions
from apps.auth.tests.factories import OWN, a_user, sign_in
from vortex import identity, valkey
from vortex.clock import now
from vortex.identity import Revoked, SessionIsRevoked

pytestmark = pytest.mark.django_db(databases=[OWN])
_YEAR: Final = timedelta(days=365)
_HOUR: Final = timedelta(hours=1)


def load() -> Revoked:
    """Stand in for the deployment's own loader, which asks auth by its contract."""
    return revocations.lately(now=now())


@pytest.fixture(autouse=True)
def _loader(settings):
    settings.VORTEX_REVOCATIONS_LOADER = f"{__name__}.load"


@pytest.mark.asvs("V7.4.1")
def test_who_signed_out_stays_out_when_valkey_has_lost_everything(ada: User):
    out, here = sign_in(ada), sign_in(a_user())
    session_id = identity.verify(out.access).session_id
    assert session_id is not None
    sessions.revoke_session(session_id=session_id, reason="signed_out", now=now())

    valkey.client().flushdb()

    with pytest.raises(SessionIsRevoked):
        identity.verify(out.access)
    identity.verify(here.access)


def test_keys_and_whole_people_stay_out_too(ada: User):
    bob = a_user()
    key, secret = api_keys.create(
        user=ada, name="Books", scopes=("accounts:read",), lives=_YEAR, now=now()
    )
    by_key, _ = api_keys.exchange(secret=secret, now=now())
    _, of_bob = api_keys.create(
        user=bob, name="Books", scopes=("accounts:read",), lives=_YEAR, now=now()
    )
    by_bobs_key, _ = api_keys.exchange(secret=of_bob, now=now())
    api_keys.revoke(key_id=key.pk, user_id=ada.pk, now=now())
    sessions.deactivate(user_id=bob.pk, now=now())

    valkey.client().flushdb()

    for token in (by_key, by_bobs_key):
        with pytest.raises(SessionIsRevoked):
            identity.verify(token)


def test_a_valkey_that_came_back_as_it_was_before_is_told_again(ada: User):
    tokens = sign_in(ada)
    identity.verify(tokens.access)  # the copy is complete, as far as it knows
    Session.objects.update(revoked_at=now(), revoked_reason="signed_out")
    identity.verify(tokens.access)

    told = revocations.renew(now=now())

    assert told == 1
    with pytest.raises(SessionIsRevoked):
        identity.verify(tokens.access)


def test_what_ended_long_ago_is_not_told_any_more(ada: User):
    sign_in(ada)
    Session.objects.update(revoked_at=now() - 2 * _HOUR, revoked_reason="signed_out")

    assert revocations.lately(now=now()).sessions == ()
