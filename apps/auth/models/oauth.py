"""Programs of others that people let in (OAuth 2.0), and the codes on the way to it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.auth.models.people import User
from vortex.ids import new_id


class OAuthClient(models.Model):
    """A program of somebody else's, as staff have registered it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=64)
    homepage = models.CharField(max_length=500, blank=True)
    secret_hash = models.CharField(max_length=64, blank=True)  # empty for one that keeps none
    redirect_uris = ArrayField(models.CharField(max_length=500))
    scopes = ArrayField(models.CharField(max_length=40))
    # What the program's library verifies id tokens by (id_token_signed_response_alg).
    id_token_alg = models.CharField(max_length=8, default="EdDSA", db_default="EdDSA")
    # Whether it has to push what it asks for (RFC 9126), so that nobody changes it on the way.
    must_push = models.BooleanField(default=False, db_default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "vortex_auth_oauth_client"
        verbose_name = "connected program"
        constraints = [
            models.CheckConstraint(
                name="vortex_auth_oauth_client_called_back",
                condition=Q(redirect_uris__len__gt=0) & Q(scopes__len__gt=0),
            ),
            models.CheckConstraint(
                name="vortex_auth_oauth_client_alg_known",
                condition=Q(id_token_alg__in=["EdDSA", "RS256"]),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def client_id(self) -> str:
        """What the program calls itself by."""
        return str(self.pk)

    @property
    def is_confidential(self) -> bool:
        """Whether the program keeps a secret: one on a server does, one on a phone cannot."""
        return bool(self.secret_hash)


class AuthorizationCode(models.Model):
    """What a browser carries from a person's yes to the program. Good once, for a minute."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    client = models.ForeignKey(OAuthClient, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    code_hash = models.CharField(max_length=64)
    redirect_uri = models.CharField(max_length=500)
    scopes = ArrayField(models.CharField(max_length=40))
    code_challenge = models.CharField(max_length=43)
    nonce = models.CharField(max_length=255, blank=True)
    amr = ArrayField(models.CharField(max_length=16))
    authenticated_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    replayed_at = models.DateTimeField(null=True)
    session_id = models.UUIDField(null=True)

    class Meta:
        db_table = "vortex_auth_authorization_code"
        indexes = [models.Index(fields=["expires_at"], name="vortex_auth_code_expiry")]
        constraints = [
            models.UniqueConstraint(name="vortex_auth_code_unique", fields=["code_hash"])
        ]


class DeviceGrant(models.Model):
    """A program on a device without a keyboard that waits for a person's yes (RFC 8628).

    `pending` becomes `approved` or `denied` by the person, and `used` by the program's next poll.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    client = models.ForeignKey(OAuthClient, on_delete=models.CASCADE, related_name="+")
    device_hash = models.CharField(max_length=64)
    user_code_hash = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=40))
    state = models.CharField(max_length=8, default="pending")
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    amr = ArrayField(models.CharField(max_length=16), default=list)
    authenticated_at = models.DateTimeField(null=True)
    interval_seconds = models.PositiveSmallIntegerField()
    polled_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    session_id = models.UUIDField(null=True)

    nonce = ""  # a device's id token answers no question of a browser

    class Meta:
        db_table = "vortex_auth_device_grant"
        indexes = [models.Index(fields=["expires_at"], name="vortex_auth_device_expiry")]
        constraints = [
            models.UniqueConstraint(name="vortex_auth_device_unique", fields=["device_hash"]),
            models.UniqueConstraint(name="vortex_auth_device_code", fields=["user_code_hash"]),
            models.CheckConstraint(
                name="vortex_auth_device_state_known",
                condition=Q(state__in=["pending", "approved", "denied", "used"]),
            ),
            models.CheckConstraint(
                name="vortex_auth_device_approved_by_somebody",
                condition=Q(state__in=["pending", "denied"])
                | Q(user__isnull=False, authenticated_at__isnull=False),
            ),
        ]


class PushedRequest(models.Model):
    """What a program asks for, told to the bank directly and not by the browser (RFC 9126)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    client = models.ForeignKey(OAuthClient, on_delete=models.CASCADE, related_name="+")
    uri_hash = models.CharField(max_length=64)
    query = models.TextField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "vortex_auth_pushed_request"
        indexes = [models.Index(fields=["expires_at"], name="vortex_auth_pushed_expiry")]
        constraints = [
            models.UniqueConstraint(name="vortex_auth_pushed_unique", fields=["uri_hash"])
        ]
