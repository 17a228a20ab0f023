"""Notices: a person hears what has happened to how they sign in."""

from uuid import UUID

from apps.auth.adapters import mail
from apps.auth.domain.links import notice_text
from apps.auth.domain.oauth import meaning_of
from apps.auth.models import OAuthClient, Session, User


def new_device(*, user_id: UUID, session_id: UUID) -> None:
    """Tell of a sign-in from a device or network that is new."""
    session = Session.objects.filter(pk=session_id).first()
    if session is not None:
        device = session.user_agent or "an unknown device"
        at = session.created_at.strftime("%d %B %Y, %H:%M UTC")
        _tell(
            user_id,
            "New sign-in to your account",
            f"Somebody signed in with {device} from {session.network or 'an unknown network'}"
            f" on {at}.",
        )


def password_changed(*, user_id: UUID) -> None:
    """Tell of a new password."""
    _tell(user_id, "Your password was changed", "Your password was changed.")


def app_connected(*, user_id: UUID, client_id: UUID, scopes: tuple[str, ...]) -> None:
    """Tell of a program that may do something now."""
    client = OAuthClient.objects.filter(pk=client_id).first()
    if client is not None:
        may = "".join(f"\n- {meaning_of(scope)}" for scope in scopes)
        what = f"{client.name} was let into your account. It may:{may}"
        _tell(user_id, f"{client.name} was let into your account", what)


def address_changed(*, former: str, name: str) -> None:
    """Tell whoever reads the former address that it opens nothing any more."""
    what = "The e-mail address of your account was changed; this one is not used any more."
    mail.send(former, "Your e-mail address was changed", notice_text(name, what))


def _tell(user_id: UUID, subject: str, what: str) -> None:
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is not None:
        mail.send(user.email, subject, notice_text(user.full_name, what))
