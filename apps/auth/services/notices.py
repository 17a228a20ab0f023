"""Notices: a person hears what has happened to how they sign in."""

from datetime import datetime
from uuid import UUID

from apps.auth.adapters import mail
from apps.auth.adapters.agents import device_name
from apps.auth.domain.challenges import SMS
from apps.auth.domain.links import notice_text
from apps.auth.domain.oauth import meaning_of
from apps.auth.domain.phones import masked
from apps.auth.domain.risk import HIGH
from apps.auth.models import Impersonation, OAuthClient, PhoneChange, Session, User

_NOT_POSSIBLE = (
    " Nobody gets there in that time from where you signed in before. Before anything sensitive is"
    " done, we ask for proof again."
)


def new_device(*, user_id: UUID, session_id: UUID) -> None:
    """Tell of a sign-in from a device or network that is new."""
    session = Session.objects.filter(pk=session_id).first()
    if session is not None:
        device = device_name(session.user_agent) or session.user_agent or "an unknown device"
        where = session.place or session.network or "an unknown network"
        at = session.created_at.strftime("%d %B %Y, %H:%M UTC")
        _tell(
            user_id,
            "New sign-in to your account",
            f"Somebody signed in with {device} from {where} on {at}."
            + (_NOT_POSSIBLE if session.risk >= HIGH else ""),
        )


def password_changed(*, user_id: UUID) -> None:
    """Tell of a new password."""
    _tell(user_id, "Your password was changed", "Your password was changed.")


def phone_changed(*, user_id: UUID, changed_at: datetime) -> None:
    """Tell of another telephone number, or of none; only the last digits of it are written."""
    change = PhoneChange.objects.filter(user_id=user_id, changed_at=changed_at).first()
    if change is not None:
        what = (
            f"The telephone number of your account is now the one ending in {change.number[-3:]}."
            if change.number
            else f"The telephone number {masked(change.former)} was removed from your account."
        )
        _tell(user_id, "Your telephone number was changed", what)


def sms_switched(*, user_id: UUID, method: str, on: bool) -> None:
    """Tell that signing in by SMS was switched on or off, and what can go wrong with it."""
    if method != SMS:
        return
    what = (
        "Signing in with a code by SMS was switched on. Whoever takes over your number, with a"
        " copied SIM card or by moving it to another network, gets these codes too. An"
        " authenticator app or a passkey is safer."
    )
    _tell(
        user_id,
        f"Signing in by SMS was switched {'on' if on else 'off'}",
        what if on else "Nobody signs in to your account with a code by SMS any more.",
    )


def app_connected(*, user_id: UUID, client_id: UUID, scopes: tuple[str, ...]) -> None:
    """Tell of a program that may do something now."""
    client = OAuthClient.objects.filter(pk=client_id).first()
    if client is not None:
        may = "".join(f"\n- {meaning_of(scope)}" for scope in scopes)
        what = f"{client.name} was let into your account. It may:{may}"
        _tell(user_id, f"{client.name} was let into your account", what)


def factor_reset_requested(*, user_id: UUID) -> None:
    """Tell that somebody of the bank asks for the end of a person's second factors."""
    what = "Somebody asked the bank to reset the second factors of your account."
    _tell(user_id, "Your second factors are about to be reset", what)


def impersonation_requested(*, impersonation_id: UUID) -> None:
    """Tell that somebody of the bank asks to look at a person's things, while that is open."""
    asked = Impersonation.objects.filter(pk=impersonation_id, state="requested").first()
    if asked is not None:
        what = (
            "Somebody of the bank asks to look at your accounts as you see them."
            f" Why: {asked.reason}."
            " Nothing is shown to them before you agree, in the bank's own pages."
        )
        _tell(asked.user_id, "May we look at your accounts?", what)


def _tell(user_id: UUID, subject: str, what: str) -> None:
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is not None:
        mail.send(user.email, subject, notice_text(user.full_name, what))
