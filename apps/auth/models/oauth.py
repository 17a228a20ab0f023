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
            )
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
