"""Agreements to a payment: a question bound to amount and payee, answered and then used for those.

The code of another amount, another payee or another payment does not fit, and trying it voids the
question (RTS on strong customer authentication, article 5).
"""

from datetime import datetime
from uuid import UUID

from apps.auth import selectors
from apps.auth.contracts import BindingMismatch, ChallengeNotFound
from apps.auth.domain.challenges import TRANSACTION
from apps.auth.models import Challenge
from apps.auth.services import challenges
from vortex.db import unit_of_work


def ask(
    *,
    challenge_id: UUID,
    user_id: UUID,
    session_id: UUID | None,
    digest: str,
    shown: dict[str, str],
    now: datetime,
) -> Challenge:
    """Ask a person to agree; asking twice with one id is asking once, about the same thing."""
    asked = challenges.ask(
        challenge_id=challenge_id,
        user=selectors.user(user_id=user_id),
        purpose=TRANSACTION,
        session_id=session_id,
        binding_hash=digest,
        shown=shown,
        now=now,
    )
    if (asked.user_id, asked.binding_hash) != (user_id, digest):
        raise BindingMismatch
    return asked


def verify(
    *,
    challenge_id: UUID,
    user_id: UUID,
    digest: str,
    answer: challenges.Answer | None,
    now: datetime,
) -> Challenge:
    """Return the agreement to what the digest stands for, or refuse.

    `answer` is None where the person has answered to auth directly. A second call about the same
    thing returns the same agreement; one about anything else voids it.
    """
    asked = challenges.own(challenge_id=challenge_id, user_id=user_id)
    if asked.purpose != TRANSACTION:
        raise ChallengeNotFound
    if asked.binding_hash != digest:
        with unit_of_work("auth"):
            Challenge.objects.filter(pk=asked.pk).update(state="void")
        raise BindingMismatch
    if asked.state == "used":
        return asked
    if asked.state == "pending" and answer is not None:
        user = selectors.user(user_id=user_id)
        challenges.answer(challenge_id=asked.pk, user=user, answer=answer, now=now)
    with unit_of_work("auth"):
        return challenges.use(challenge_id=asked.pk, now=now)
