"""What people of the demonstration bank have left behind at sign-in, so that its screens show it.

Rows only, and no events: nobody is told by mail of what has happened in a story.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from apps.auth.adapters import codes
from apps.auth.domain.consents import AI_TRAINING, MARKETING, TERMS, VERSIONS
from apps.auth.models import (
    ApiKey,
    Consent,
    OAuthClient,
    Phone,
    PhoneChange,
    RefreshFamily,
    Session,
    User,
)
from vortex.db import needs_transaction, unit_of_work
from vortex.ids import derived_id, new_id

_FIREFOX: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0"
_PHONE: Final = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1"
)
_TABLET: Final = (
    "Mozilla/5.0 (Linux; Android 15; SM-X910) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/141.0.0.0 Safari/537.36"
)
# One of the numbers that the Bundesnetzagentur keeps for films; nobody has it.
_PHONE_NUMBER: Final = "+491713920042"
_SCOPES: Final = ("openid", "profile", "accounts:read", "transactions:read")


@dataclass(frozen=True)
class _Visit:
    """A sign-in of the story: how many days ago, from what and where, and how it ended."""

    days_ago: int
    agent: str
    network: str
    place: str
    ended: str = "signed_out"
    risk: int = 0


_FOUNDED: Final = datetime(2024, 1, 1, tzinfo=UTC)
# Networks of RFC 5737, which nobody has.
_VISITS: Final = (
    _Visit(171, _FIREFOX, "192.0.2.0/24", "Hamburg, Germany"),
    _Visit(133, _FIREFOX, "192.0.2.0/24", "Hamburg, Germany"),
    _Visit(97, _PHONE, "198.51.100.0/24", "Hamburg, Germany", risk=20),
    _Visit(53, _TABLET, "203.0.113.0/24", "Edinburgh, United Kingdom", risk=20),
    _Visit(52, _PHONE, "203.0.113.0/24", "Edinburgh, United Kingdom", risk=20),
    _Visit(16, _FIREFOX, "192.0.2.0/24", "Hamburg, Germany", ended="password_changed"),
    _Visit(9, _PHONE, "198.51.100.0/24", "Hamburg, Germany", ended=""),
    _Visit(2, _FIREFOX, "192.0.2.0/24", "Hamburg, Germany", ended=""),
)


def fill(*, emails: tuple[str, ...], now: datetime) -> int:
    """Leave behind what people would have; whoever has it already is left alone. Say for how many.

    Nobody knows a secret of it: the key and the program's are made up and thrown away.
    """
    done = 0
    for email in emails:
        with unit_of_work("auth"):
            user = User.objects.select_for_update().filter(email=email).first()
            if user is None or Consent.objects.filter(user=user).exists():
                continue
            _consents(user, now)
            for visit in _VISITS:
                _visit(user, visit, now)
            _connection(user, _program(user.created_at), now)
            _key(user, now)
            if email == emails[0]:
                _phone(user, now)
            done += 1
    return done


@needs_transaction("auth")
def _consents(user: User, now: datetime) -> None:
    for purpose, granted, days in (
        (TERMS, True, 171),
        (MARKETING, True, 171),
        (MARKETING, False, 53),
        (AI_TRAINING, False, 16),
    ):
        Consent.objects.create(
            pk=new_id(),
            user=user,
            purpose=purpose,
            version=VERSIONS[purpose],
            granted=granted,
            decided_at=now - timedelta(days=days),
        )


@needs_transaction("auth")
def _phone(user: User, now: datetime) -> None:
    proved_at = now - timedelta(days=97)
    Phone.objects.create(pk=new_id(), user=user, number=_PHONE_NUMBER, verified_at=proved_at)
    PhoneChange.objects.create(pk=new_id(), user=user, number=_PHONE_NUMBER, changed_at=proved_at)


@needs_transaction("auth")
def _visit(user: User, visit: _Visit, now: datetime) -> None:
    began = now - timedelta(days=visit.days_ago, minutes=7 * visit.days_ago)
    session = Session(
        user=user,
        amr=["pwd"],
        user_agent=visit.agent,
        network=visit.network,
        place=visit.place,
        risk=visit.risk,
    )
    _store(session, began, began + timedelta(minutes=25), ended=visit.ended)


@needs_transaction("auth")
def _connection(user: User, client: OAuthClient, now: datetime) -> None:
    session = Session(user=user, client=client, scopes=list(_SCOPES), amr=["pwd"])
    _store(session, now - timedelta(days=40), now - timedelta(hours=19), ended="")


@needs_transaction("auth")
def _store(session: Session, began: datetime, seen: datetime, *, ended: str) -> None:
    session.pk = new_id()
    session.created_at = session.authenticated_at = began
    session.last_seen_at = seen
    session.expires_at = began + timedelta(days=90)
    session.revoked_at, session.revoked_reason = (seen, ended) if ended else (None, "")
    session.save(force_insert=True)
    RefreshFamily.objects.create(
        session=session,
        state="revoked" if ended else "active",
        current_id=new_id(),
        rotated_at=seen,
    )


@needs_transaction("auth")
def _program(registered_at: datetime) -> OAuthClient:
    client, _ = OAuthClient.objects.get_or_create(
        pk=derived_id(_FOUNDED, "demo", "auth", "program"),
        defaults={
            "name": "Haushaltsbuch",
            "homepage": "https://haushaltsbuch.example/",
            "secret_hash": codes.secret_hash("oauth-client", codes.new_secret()),
            "redirect_uris": ["https://haushaltsbuch.example/callback"],
            "scopes": list(_SCOPES),
            "created_at": registered_at,
        },
    )
    return client


@needs_transaction("auth")
def _key(user: User, now: datetime) -> None:
    ApiKey.objects.create(
        pk=new_id(),
        user=user,
        name="Bookkeeping at home",
        secret_hash=codes.secret_hash("api-key", codes.new_secret()),
        scopes=["accounts:read", "transactions:read"],
        created_at=now - timedelta(days=60),
        expires_at=now + timedelta(days=305),
        last_used_at=now - timedelta(days=1),
    )
