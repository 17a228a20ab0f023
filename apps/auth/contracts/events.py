"""What auth says has happened, on `user.events`."""

from datetime import datetime
from uuid import UUID

from vortex.contracts import Event, event


@event("user.registered", topic="user.events", key="user_id")
class UserRegistered(Event):
    """Somebody can become a customer."""

    user_id: UUID
    registered_at: datetime


@event("user.profile_updated", topic="user.events", key="user_id")
class UserProfileUpdated(Event):
    """What a person may change about themselves has changed."""

    user_id: UUID
    updated_at: datetime


@event("user.deactivated", topic="user.events", key="user_id")
class UserDeactivated(Event):
    """Somebody may not sign in any more; every session of theirs has ended."""

    user_id: UUID
    deactivated_at: datetime


@event("user.token_reuse_detected", topic="user.events", key="user_id")
class TokenReuseDetected(Event):
    """A refresh token came back after it had been replaced: two hold it. The session has ended."""

    user_id: UUID
    session_id: UUID
    detected_at: datetime


@event("user.logged_in", topic="user.events", key="user_id")
class UserLoggedIn(Event):
    """Somebody signed in."""

    user_id: UUID
    session_id: UUID
    logged_in_at: datetime


@event("user.session_revoked", topic="user.events", key="user_id")
class SessionRevoked(Event):
    """A session ended before its time; its tokens and sockets are dead."""

    user_id: UUID
    session_id: UUID
    reason: str
    revoked_at: datetime


@event("user.mfa_enabled", topic="user.events", key="user_id")
class UserMfaEnabled(Event):
    """A second factor protects somebody's sign-in."""

    user_id: UUID
    method: str
    enabled_at: datetime


@event("user.mfa_disabled", topic="user.events", key="user_id")
class UserMfaDisabled(Event):
    """A second factor of somebody's is gone."""

    user_id: UUID
    method: str
    disabled_at: datetime


@event("user.mfa_failed", topic="user.events", key="user_id")
class UserMfaFailed(Event):
    """Somebody knew the password, or held a session, and gave a wrong second factor."""

    user_id: UUID
    method: str
    failed_at: datetime


@event("user.passkey_added", topic="user.events", key="user_id")
class UserPasskeyAdded(Event):
    """Somebody can sign in with another passkey."""

    user_id: UUID
    passkey_id: UUID
    added_at: datetime


@event("user.passkey_removed", topic="user.events", key="user_id")
class UserPasskeyRemoved(Event):
    """A passkey opens nothing any more."""

    user_id: UUID
    passkey_id: UUID
    removed_at: datetime


@event("user.email_verified", topic="user.events", key="user_id")
class UserEmailVerified(Event):
    """Mail to this person's address reaches them."""

    user_id: UUID
    verified_at: datetime


@event("user.phone_changed", topic="user.events", key="user_id")
class UserPhoneChanged(Event):
    """Somebody has another telephone number, which they have proved; or, `removed`, none."""

    user_id: UUID
    removed: bool
    changed_at: datetime


@event("user.text_requested", topic="user.events", key="text_id")
class UserTextRequested(Event):
    """A code by SMS was asked for; whoever hears this has it sent."""

    text_id: UUID
    requested_at: datetime


@event("user.email_changed", topic="user.events", key="user_id")
class UserEmailChanged(Event):
    """Somebody has another address; `undone` says that the former one was taken back."""

    user_id: UUID
    undone: bool
    changed_at: datetime


@event("user.password_changed", topic="user.events", key="user_id")
class UserPasswordChanged(Event):
    """Somebody has a new password; their sessions have ended. `by` is "change" or "reset"."""

    user_id: UUID
    by: str
    changed_at: datetime


@event("user.new_device_seen", topic="user.events", key="user_id")
class UserNewDeviceSeen(Event):
    """Somebody signed in from a device, a network or a place that is not usual for them."""

    user_id: UUID
    session_id: UUID
    seen_at: datetime
    risk: int = 0  # 20 for a new device, 60 for a place that nobody gets to in the time
    impossible_travel: bool = False


@event("user.link_requested", topic="user.events", key="link_id", single=True)
class UserLinkRequested(Event):
    """A link by mail was asked for; whether anybody has the address, is not said."""

    link_id: UUID
    requested_at: datetime


@event("user.role_granted", topic="user.events", key="user_id")
class UserRoleGranted(Event):
    """Somebody was given a role; their sessions have ended."""

    user_id: UUID
    role: str
    changed_by: UUID
    changed_at: datetime


@event("user.role_revoked", topic="user.events", key="user_id")
class UserRoleRevoked(Event):
    """Somebody has lost a role; their sessions have ended."""

    user_id: UUID
    role: str
    changed_by: UUID
    changed_at: datetime


@event("user.app_connected", topic="user.events", key="user_id")
class UserAppConnected(Event):
    """Somebody has let a program of others do something for them."""

    user_id: UUID
    client_id: UUID
    scopes: tuple[str, ...]
    connected_at: datetime


@event("user.app_disconnected", topic="user.events", key="user_id")
class UserAppDisconnected(Event):
    """A program of others opens nothing of somebody's any more. `by` is who ended it."""

    user_id: UUID
    client_id: UUID
    by: str
    disconnected_at: datetime


@event("user.erased", topic="user.events", key="user_id")
class UserErased(Event):
    """Somebody was forgotten; whatever names them shall forget the rest."""

    user_id: UUID
    erased_at: datetime


@event("user.login_failed", topic="user.events", key="attempt_id", single=True)
class UserLoginFailed(Event):
    """Somebody gave a wrong password. `user_id` is missing where nobody has the address."""

    attempt_id: UUID
    user_id: UUID | None
    network: str
    failed_at: datetime


@event("user.locked", topic="user.events", key="lock_id", single=True)
class UserLocked(Event):
    """Too many wrong passwords: the account that was named waits, whether or not there is one."""

    lock_id: UUID
    user_id: UUID | None
    locked_at: datetime


@event("user.unlocked", topic="user.events", key="user_id")
class UserUnlocked(Event):
    """Staff let somebody try again before the time was over."""

    user_id: UUID
    by: UUID
    unlocked_at: datetime


@event("user.reactivated", topic="user.events", key="user_id")
class UserReactivated(Event):
    """Somebody may sign in again."""

    user_id: UUID
    reactivated_at: datetime


@event("user.password_reset", topic="user.events", key="user_id")
class UserPasswordReset(Event):
    """Somebody set a password by a link of a mail; user.password_changed is said too."""

    user_id: UUID
    reset_at: datetime


@event("user.consent_changed", topic="user.events", key="user_id")
class UserConsentChanged(Event):
    """Somebody agreed to something, or does not any more."""

    user_id: UUID
    purpose: str
    version: str
    granted: bool
    changed_at: datetime


@event("user.export_ready", topic="user.events", key="user_id")
class UserExportReady(Event):
    """Somebody was given everything that auth knows about them."""

    user_id: UUID
    exported_at: datetime


@event("user.deletion_requested", topic="user.events", key="user_id")
class UserDeletionRequested(Event):
    """Somebody asked to be forgotten; `refused` says that open accounts stand against it."""

    user_id: UUID
    refused: bool
    requested_at: datetime


@event("user.factor_reset_changed", topic="user.events", key="user_id")
class UserFactorResetChanged(Event):
    """The end of somebody's lost factors was asked for, approved or rejected: see `state`."""

    user_id: UUID
    reset_id: UUID
    state: str
    changed_at: datetime


@event("user.impersonation_changed", topic="user.events", key="user_id")
class UserImpersonationChanged(Event):
    """Staff asked to look at somebody's things, were let or not, or have stopped: see `state`."""

    user_id: UUID
    impersonation_id: UUID
    staff_id: UUID
    state: str
    changed_at: datetime


@event("user.external_identity_linked", topic="user.events", key="user_id")
class UserExternalIdentityLinked(Event):
    """Somebody can sign in by what another provider says."""

    user_id: UUID
    provider: str
    linked_at: datetime


@event("user.external_identity_unlinked", topic="user.events", key="user_id")
class UserExternalIdentityUnlinked(Event):
    """A provider's word opens nothing of somebody's any more."""

    user_id: UUID
    provider: str
    unlinked_at: datetime
