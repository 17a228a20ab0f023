"""Codes by SMS: asked for by a row and its event, sent by the clockwork, good once.

The request waits for no carrier. Each attempt at sending makes another code, so no code is sent
twice, and nobody ever knows one but the task that sends it: where a process dies or an answer never
comes, the next attempt sends another code and the former is void.
"""

import hmac
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet

from apps.auth.adapters import codes, texts
from apps.auth.adapters.budget import spend_budget
from apps.auth.contracts import UserTextRequested
from apps.auth.domain.phones import block_of
from apps.auth.domain.texts import (
    ABANDONED_AFTER,
    FAILED,
    LIFETIME,
    MOST_ATTEMPTS,
    OPEN,
    SENDING,
    SENT,
    USED,
    VOID,
    WAITING,
    WRONG_CODES_ALLOWED,
    text_of,
    wait_after,
)
from apps.auth.models import TextCode, User
from vortex.db import needs_transaction, unit_of_work
from vortex.http.throttles import spend
from vortex.ids import new_id
from vortex.outbox import publish
from vortex.telemetry import get_logger
from vortex.telemetry.metrics import counter

_AT_ONCE: Final = 50

log = get_logger("auth.sms")
_requested = counter("vortex_sms_requested_total", "Codes by SMS asked for.", ("purpose",))
_tried = counter("vortex_sms_attempts_total", "Attempts at sending an SMS.", ("outcome",))


def spend_limits(*, user_id: UUID, number: str, network: str, now: datetime) -> None:
    """Count an SMS that is asked for, per person, number, network and block of numbers, and in all.

    Refuses with Throttled or SmsBudgetSpent. Whether the number is anybody's plays no part.
    """
    name = codes.text_hash("limit", number)
    block = codes.text_hash("limit", block_of(number))
    for scope, who in (
        ("sms_person", str(user_id)),
        ("sms_person_day", str(user_id)),
        ("sms_number", name),
        ("sms_number_day", name),
        ("sms_network", network),
        ("sms_block", block),
    ):
        spend(scope, who)
    spend_budget(now=now)


@needs_transaction("auth")
def request(
    *,
    user: User,
    number: str,
    purpose: str,
    now: datetime,
    challenge_id: UUID | None = None,
    session_id: UUID | None = None,
    until: datetime | None = None,
) -> TextCode:
    """Ask for a code. Every call asks for another one, and of a purpose only the latest works.

    It is good for ten minutes, and no longer than `until` what it answers.
    """
    void(user_id=user.pk, purposes=(purpose,))
    asked = TextCode.objects.create(
        pk=new_id(),
        user=user,
        number=number,
        purpose=purpose,
        challenge_id=challenge_id,
        session_id=session_id,
        due_at=now,
        created_at=now,
        expires_at=min(now + LIFETIME, until or now + LIFETIME),
    )
    publish(UserTextRequested(text_id=asked.pk, requested_at=now))
    _requested.labels(purpose).inc()
    return asked


@needs_transaction("auth")
def is_right(asked: TextCode, code: str, *, now: datetime) -> bool:
    """Say whether a code is the one of a locked row, and use it up; a wrong one is counted.

    Five wrong codes void it. Needs the row locked by the caller.
    """
    if asked.state not in OPEN or asked.expires_at <= now or not asked.code_hash:
        return False
    right = hmac.compare_digest(asked.code_hash, _hash_of(asked, code.replace(" ", "")))
    if right:
        asked.state = USED
    else:
        asked.wrong_codes += 1
        asked.state = VOID if asked.wrong_codes >= WRONG_CODES_ALLOWED else asked.state
    asked.save(update_fields=["state", "wrong_codes"])
    return right


@needs_transaction("auth")
def void(*, user_id: UUID, purposes: tuple[str, ...]) -> None:
    """Let a person's codes for these purposes open nothing any more; harmless when repeated."""
    own = TextCode.objects.filter(user_id=user_id, purpose__in=purposes, state__in=OPEN)
    own.update(state=VOID)


def send_due(*, now: datetime) -> int:
    """Try to send what waits, and what was taken up by somebody who died; return how many."""
    due = Q(state=WAITING, due_at__lte=now) | Q(state=SENDING, due_at__lte=now - ABANDONED_AFTER)
    found = TextCode.objects.filter(due, expires_at__gt=now).order_by("due_at")
    ids = list(found.values_list("pk", flat=True)[:_AT_ONCE])
    return sum(_try(text_id, due, now) for text_id in ids)


def _try(text_id: UUID, due: Q, now: datetime) -> bool:
    taken = _taken_up(text_id, due, now)
    if taken is None:
        return False
    text, code = taken
    host = urlsplit(settings.VORTEX_PUBLIC_URL).hostname or "localhost"
    try:
        carrier_id = texts.carrier().send(
            number=text.number, text=text_of(text.purpose, code, host)
        )
    except texts.CarrierUnavailableError as error:
        _put_off(text, now, error.wait, "unavailable")
    except texts.NumberRefusedError:
        _settle(text, FAILED, problem="number_refused")
    except texts.CarrierMisconfiguredError as error:
        log.error("auth.sms.misconfigured", said=str(error))
        _put_off(text, now, timedelta(0), "misconfigured")
    else:
        _settle(text, SENT, carrier_id=carrier_id)
    return True


def _taken_up(text_id: UUID, due: Q, now: datetime) -> tuple[TextCode, str] | None:
    """Return a text that is ours alone to send and its fresh code, which is kept as a hash."""
    with unit_of_work("auth"):
        waiting = TextCode.objects.select_for_update(skip_locked=True).filter(due, pk=text_id)
        text = waiting.first()
        if text is None:
            return None
        if text.attempts >= MOST_ATTEMPTS:  # whoever took it up last has died
            TextCode.objects.filter(pk=text.pk).update(state=FAILED, problem="given_up")
            return None
        code = codes.new_text_digits()
        text.state, text.due_at, text.attempts = SENDING, now, text.attempts + 1
        text.code_hash = _hash_of(text, code)
        text.save(update_fields=["state", "due_at", "attempts", "code_hash"])
        return text, code


def _put_off(text: TextCode, now: datetime, wait: timedelta, problem: str) -> None:
    if text.attempts >= MOST_ATTEMPTS:
        _settle(text, FAILED, problem="given_up")
        return
    _tried.labels(problem).inc()
    log.warning("auth.sms.put_off", text_id=str(text.pk), attempts=text.attempts, problem=problem)
    with unit_of_work("auth"):
        _ours(text).update(
            state=WAITING, due_at=now + wait_after(text.attempts, wait), problem=problem
        )


def _settle(text: TextCode, state: str, *, carrier_id: str = "", problem: str = "") -> None:
    _tried.labels(problem or state).inc()
    log.info("auth.sms.settled", text_id=str(text.pk), state=state, problem=problem)
    with unit_of_work("auth"):
        _ours(text).update(state=state, carrier_id=carrier_id[:64], problem=problem)


def _ours(text: TextCode) -> QuerySet[TextCode]:
    """Return the row if this attempt is the latest, and nobody voided or used it meanwhile."""
    return TextCode.objects.filter(pk=text.pk, state=SENDING, attempts=text.attempts)


def _hash_of(text: TextCode, code: str) -> str:
    """Return the hash of a code, bound to its row, person, number and purpose."""
    return codes.text_hash(f"{text.pk}:{text.user_id}:{text.number}:{text.purpose}", code)
