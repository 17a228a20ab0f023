"""Sessions, the line of their refresh tokens, and the keys that tokens are signed with."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.auth.models.oauth import OAuthClient
from apps.auth.models.people import User
from vortex.ids import new_id


class Session(models.Model):
    """One sign-in of one person on one device. Its id is the `sid` of every token it was given.

    A session of a `client` is not a sign-in but a program that its owner has let in, within scopes.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="sessions")
    client = models.ForeignKey(OAuthClient, null=True, on_delete=models.PROTECT, related_name="+")
    scopes = ArrayField(models.CharField(max_length=40), default=list, db_default=[])
    amr = ArrayField(models.CharField(max_length=16), default=list)
    user_agent = models.CharField(max_length=200, blank=True)
    network = models.CharField(max_length=45, blank=True)  # never the whole address
    # A city, to a tenth of a degree, where the operator has a database of them.
    place = models.CharField(max_length=100, blank=True, default="", db_default="")
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    radius_km = models.FloatField(null=True)
    risk = models.PositiveSmallIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    authenticated_at = models.DateTimeField()  # when the person last proved to be there
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_reason = models.CharField(max_length=32, blank=True)

    class Meta:
        db_table = "vortex_auth_session"
        indexes = [
            models.Index(
                fields=["user", "-created_at"],
                name="vortex_auth_session_alive",
                condition=Q(revoked_at__isnull=True),
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="vortex_auth_session_revoked_with_reason",
                condition=Q(revoked_at__isnull=True, revoked_reason="")
                | (Q(revoked_at__isnull=False) & ~Q(revoked_reason="")),
            ),
            models.CheckConstraint(
                name="vortex_auth_session_client_within_scopes",
                condition=Q(client__isnull=True, scopes=[])
                | Q(client__isnull=False, scopes__len__gt=0),
            ),
        ]


class RefreshFamily(models.Model):
    """The line of refresh tokens of a session: of all ever given, only `current_id` is good."""

    session = models.OneToOneField(
        Session, primary_key=True, on_delete=models.PROTECT, related_name="family"
    )
    state = models.CharField(max_length=8, choices=[("active", "active"), ("revoked", "revoked")])
    current_id = models.UUIDField()
    previous_id = models.UUIDField(null=True)
    rotated_at = models.DateTimeField()

    class Meta:
        db_table = "vortex_auth_refresh_family"
        verbose_name_plural = "refresh families"
        constraints = [
            models.CheckConstraint(
                name="vortex_auth_refresh_family_state_known",
                condition=Q(state__in=["active", "revoked"]),
            )
        ]


class SigningKey(models.Model):
    """A key pair that tokens are signed with. One of each algorithm is active, and can still sign.

    Access and refresh tokens are EdDSA always; RS256 is for id tokens of programs that ask for it.
    """

    kid = models.CharField(primary_key=True, max_length=64)
    state = models.CharField(
        max_length=8, choices=[(state, state) for state in ("active", "retiring", "retired")]
    )
    algorithm = models.CharField(max_length=8, default="EdDSA", db_default="EdDSA")
    public_jwk = models.JSONField()
    sealed_private_key = models.BinaryField()  # empty once the key is not active any more
    created_at = models.DateTimeField()
    retires_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "vortex_auth_signing_key"
        constraints = [
            models.UniqueConstraint(
                name="vortex_auth_signing_key_one_active",
                fields=["algorithm"],
                condition=Q(state="active"),
            ),
            models.CheckConstraint(
                name="vortex_auth_signing_key_state_known",
                condition=Q(state__in=["active", "retiring", "retired"]),
            ),
            models.CheckConstraint(
                name="vortex_auth_signing_key_algorithm_known",
                condition=Q(algorithm__in=["EdDSA", "RS256"]),
            ),
            models.CheckConstraint(
                name="vortex_auth_signing_key_private_while_active",
                condition=Q(state="active", retires_at__isnull=True)
                | Q(sealed_private_key=b"", retires_at__isnull=False),
            ),
        ]
