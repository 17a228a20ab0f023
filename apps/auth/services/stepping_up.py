"""Proving again that it is really oneself, before something that a stolen session must not do."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from apps.auth import selectors
from apps.auth.contracts import StepUpRequired, WrongAnswer
from apps.auth.domain.challenges import (
    MULTI_FACTOR,
    PASSWORD,
    STEP_UP,
    TWO_FACTORS,
    acr_of,
    satisfies,
)
from apps.auth.models import Challenge, Session
from apps.auth.services import challenges
from apps.auth.services.issuing import access_token_of
from apps.auth.services.keys import keys_for_tokens
from vortex.db import unit_of_work
from vortex.ids import new_id


@dataclass(frozen=True)
class FreshAccess:
    """An access token that says that its owner has just proved to be there."""

    access: str
    expires_in: int


def require(
    *, user_id: UUID, session_id: UUID | None, max_age: timedelta, acr: str, now: datetime
) -> Session:
    """Return the session if its owner was there lately, by factors strong enough; else refuse.

    Whoever has a second factor is asked for it, whatever `acr` says.
    """
    session = selectors.session_of_user(session_id=session_id, user_id=user_id)
    has_second = bool(selectors.second_factors(user_id=user_id))
    wanted = TWO_FACTORS if has_second else acr
    fresh = now - session.authenticated_at <= max_age
    if fresh and satisfies(acr_of(session.amr), wanted):
        return session
    raise StepUpRequired(
        max_age=int(max_age.total_seconds()),
        acr=wanted,
        methods=list(challenges.methods_for(user_id)),
    )


def options(*, user_id: UUID, session_id: UUID | None, now: datetime) -> Challenge:
    """Ask the owner of a session to prove to be there. Every call asks anew."""
    session = selectors.session_of_user(session_id=session_id, user_id=user_id)
    return challenges.ask(
        challenge_id=new_id(),
        user=session.user,
        purpose=STEP_UP,
        session_id=session.pk,
        now=now,
    )


def verify(
    *,
    challenge_id: UUID,
    user_id: UUID,
    session_id: UUID | None,
    answer: challenges.Answer,
    now: datetime,
) -> FreshAccess:
    """Answer the question and return an access token that says so; a question is good once."""
    session = selectors.session_of_user(session_id=session_id, user_id=user_id)
    asked = challenges.own(challenge_id=challenge_id, user_id=user_id)
    if asked.purpose != STEP_UP or asked.session_id != session.pk:
        raise WrongAnswer
    challenges.answer(challenge_id=asked.pk, user=session.user, answer=answer, now=now)
    with unit_of_work("auth"):
        proved = challenges.use(challenge_id=asked.pk, now=now)
        second = [] if answer.method == PASSWORD else [MULTI_FACTOR]
        session.amr = list(dict.fromkeys((*session.amr, *proved.amr, *second)))
        session.authenticated_at = now
        session.save(update_fields=["amr", "authenticated_at"])
    access, expires_in = access_token_of(session, keys=keys_for_tokens(now=now), now=now)
    return FreshAccess(access, expires_in)
