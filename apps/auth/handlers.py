"""What auth hears: its own word, so that what was decided comes about and people are told."""

from apps.auth import selectors
from apps.auth.contracts import (
    SessionRevoked,
    UserAppConnected,
    UserDeactivated,
    UserFactorResetChanged,
    UserImpersonationChanged,
    UserLinkRequested,
    UserMfaDisabled,
    UserMfaEnabled,
    UserNewDeviceSeen,
    UserPasswordChanged,
    UserPhoneChanged,
    UserRegistered,
    UserTextRequested,
    UserUnlocked,
)
from apps.auth.services import links, notices, sessions, staffing
from vortex.clock import now
from vortex.inbox import on
from vortex.waking import wake


@on(SessionRevoked)
def end_session_everywhere(event: SessionRevoked) -> None:
    """A revoked session opens nothing any more, even if whoever revoked it died at once."""
    sessions.end_session_everywhere(session_id=event.session_id, now=now())


@on(UserDeactivated)
def end_everything_of_the_deactivated(event: UserDeactivated) -> None:
    """Whoever may not sign in any more has no token that counts, their programs' included."""
    sessions.end_everywhere(user_id=event.user_id, ended=[], now=event.deactivated_at)


@on(UserUnlocked)
def let_try_again(event: UserUnlocked) -> None:
    """Whom staff unlocked tries again at once, even if whoever did it died at once."""
    staffing.forget_attempts(user=selectors.user(user_id=event.user_id))


@on(UserImpersonationChanged)
def carry_out_impersonation(event: UserImpersonationChanged) -> None:
    """A person is asked whether staff may look; when it is over, nobody looks any more."""
    if event.state == "requested":
        notices.impersonation_requested(impersonation_id=event.impersonation_id)
    elif event.state == "ended":
        sessions.end_session_everywhere(session_id=event.impersonation_id, now=now())


@on(UserFactorResetChanged)
def tell_of_factor_reset(event: UserFactorResetChanged) -> None:
    """A person hears that somebody of the bank asks for the end of their factors, before it is."""
    if event.state == "requested":
        notices.factor_reset_requested(user_id=event.user_id)


@on(UserRegistered)
def ask_to_verify(event: UserRegistered) -> None:
    """Whoever registers by themselves is asked whether the address is theirs."""
    links.send_verification(user_id=event.user_id, now=now())


@on(UserLinkRequested)
def send_link(event: UserLinkRequested) -> None:
    """A link that was asked for is sent, if somebody has the address."""
    links.send(link_id=event.link_id, now=now())


@on(UserTextRequested)
def have_text_sent(event: UserTextRequested) -> None:
    """A code by SMS is sent at once, by a worker: nobody here waits for a carrier."""
    del event
    wake("auth.send_texts")


@on(UserPhoneChanged)
def tell_of_phone(event: UserPhoneChanged) -> None:
    """A person hears at their address that their telephone number is another one, or gone."""
    notices.phone_changed(user_id=event.user_id, changed_at=event.changed_at)


@on(UserMfaEnabled)
def tell_of_sms_on(event: UserMfaEnabled) -> None:
    """A person hears that SMS signs in to their account, and what the risk of it is."""
    notices.sms_switched(user_id=event.user_id, method=event.method, on=True)


@on(UserMfaDisabled)
def tell_of_sms_off(event: UserMfaDisabled) -> None:
    """A person hears that SMS signs in to their account no more."""
    notices.sms_switched(user_id=event.user_id, method=event.method, on=False)


@on(UserNewDeviceSeen)
def tell_of_new_device(event: UserNewDeviceSeen) -> None:
    """A person hears of every sign-in from where they had not been."""
    notices.new_device(user_id=event.user_id, session_id=event.session_id)


@on(UserPasswordChanged)
def tell_of_new_password(event: UserPasswordChanged) -> None:
    """A person hears that their password is another one."""
    notices.password_changed(user_id=event.user_id)


@on(UserAppConnected)
def tell_of_connected_app(event: UserAppConnected) -> None:
    """A person hears of every program that was let in for them, and what it may do."""
    notices.app_connected(user_id=event.user_id, client_id=event.client_id, scopes=event.scopes)
