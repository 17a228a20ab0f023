"""What a person proves themselves with besides a password, and the questions that they answer."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django_otp.models import Device

from apps.auth.domain.challenges import PURPOSES
from apps.auth.models.people import User
from vortex.ids import new_id


class AuthenticatorApp(Device):  # type: ignore[misc]
    """An authenticator app (RFC 6238). Its secret is sealed; each time step opens something once.

    It is a device of django-otp, so that whatever is built on that package knows it.
    """

    sealed_secret = models.BinaryField()
    last_step = models.BigIntegerField(default=-1)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "vortex_auth_authenticator_app"
        constraints = [
            models.UniqueConstraint(
                name="vortex_auth_authenticator_app_one_each", fields=["user", "confirmed"]
            )
        ]


class RecoveryCode(models.Model):
    """A code on paper that stands in, once, for a factor that is lost. Only its hash is kept."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    code_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "vortex_auth_recovery_code"
        constraints = [
            models.UniqueConstraint(
                name="vortex_auth_recovery_code_once", fields=["user", "code_hash"]
            )
        ]


class Passkey(models.Model):
    """A WebAuthn credential of a person: the public key and what its authenticator tells."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="passkeys")
    credential_id = models.BinaryField()
    public_key = models.BinaryField()
    sign_count = models.BigIntegerField()
    name = models.CharField(max_length=64)
    aaguid = models.CharField(max_length=36)
    transports = ArrayField(models.CharField(max_length=16), default=list)
    is_synced = models.BooleanField()
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "vortex_auth_passkey"
        constraints = [
            models.UniqueConstraint(
                name="vortex_auth_passkey_credential_unique", fields=["credential_id"]
            )
        ]


class TrustedBrowser(models.Model):
    """A browser that a person has asked not to be asked for a second factor in, for a while."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="trusted_browsers")
    secret_hash = models.CharField(max_length=64)
    user_agent = models.CharField(max_length=200, blank=True)
    network = models.CharField(max_length=45, blank=True)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "vortex_auth_trusted_browser"


class Challenge(models.Model):
    """A question that is answered once: who is there, and, where money moves, to what they agree.

    `pending` becomes `proved` by the right answer and `used` by what it was asked for, or `void` by
    too many wrong answers or by being used for anything else.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE)
    session_id = models.UUIDField(null=True)
    purpose = models.CharField(max_length=16, choices=[(name, name) for name in PURPOSES])
    state = models.CharField(
        max_length=8,
        default="pending",
        choices=[(state, state) for state in ("pending", "proved", "used", "void")],
    )
    nonce = models.BinaryField()
    binding_hash = models.CharField(max_length=64, blank=True)
    shown: Any = models.JSONField(default=dict)  # what the person is asked to agree to
    amr = ArrayField(models.CharField(max_length=16), default=list)
    wrong_answers = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    proved_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "vortex_auth_challenge"
        indexes = [models.Index(fields=["expires_at"], name="vortex_auth_challenge_expiry")]
        constraints = [
            models.CheckConstraint(
                name="vortex_auth_challenge_state_known",
                condition=Q(state__in=["pending", "proved", "used", "void"]),
            )
        ]
