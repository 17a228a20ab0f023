"""Tables of the auth context, and the constraints that PostgreSQL keeps; rules are in domain/."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from apps.auth.domain.roles import ADMINISTRATOR, ROLES, is_staff_role
from vortex.ids import new_id


class Users(BaseUserManager["User"]):
    """Finds people by their address; nobody is made here, that is a service's work."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the person with an address, which Django's own sign-in gives as it was typed."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person who can be asked to prove who they are.

    Roles are the only source of authority: Django's groups, permissions and superuser flag would be
    a second and a third, so `is_staff`, `has_perm` and the rest are read from the roles.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.CharField(max_length=254)
    full_name = models.CharField(max_length=120)
    roles = ArrayField(models.CharField(max_length=32), default=list)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    objects: ClassVar[Users] = Users()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["full_name"]

    class Meta:
        """Names of table and constraints."""

        db_table = "vortex_auth_user"
        constraints = [
            models.UniqueConstraint(name="vortex_auth_user_email_unique", fields=["email"]),
            models.CheckConstraint(
                name="vortex_auth_user_email_canonical", condition=Q(email=Lower("email"))
            ),
            models.CheckConstraint(
                name="vortex_auth_user_roles_known",
                condition=Q(roles__contained_by=list(ROLES)),
            ),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def is_staff(self) -> bool:
        """Whether the person may open the administration."""
        return any(is_staff_role(role) for role in self.roles)

    @property
    def is_superuser(self) -> bool:
        """Whether every administrative action is open to the person."""
        return ADMINISTRATOR in self.roles

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Administrators may do what an admin page offers; other staff may look."""
        del obj
        looking = perm.partition(".")[2].startswith("view_")
        return self.is_active and (self.is_superuser or (self.is_staff and looking))

    def has_perms(self, perm_list: list[str], obj: object = None) -> bool:
        """Whether every one of these permissions is held."""
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        """Whether the person sees an app in the administration."""
        del app_label
        return self.is_active and self.is_staff

    def get_full_name(self) -> str:
        """The name as the person gave it."""
        return self.full_name

    def get_short_name(self) -> str:
        """The first word of the name."""
        return self.full_name.partition(" ")[0]


class Session(models.Model):
    """One sign-in of one person on one device. Its id is the `sid` of every token it was given."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="sessions")
    amr = ArrayField(models.CharField(max_length=16), default=list)
    user_agent = models.CharField(max_length=200, blank=True)
    network = models.CharField(max_length=45, blank=True)  # never the whole address
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
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
            )
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
    """A key pair that tokens are signed with. At most one is active, and only it can still sign."""

    kid = models.CharField(primary_key=True, max_length=64)
    state = models.CharField(
        max_length=8, choices=[(state, state) for state in ("active", "retiring", "retired")]
    )
    public_jwk = models.JSONField()
    sealed_private_key = models.BinaryField()  # empty once the key is not active any more
    created_at = models.DateTimeField()
    retires_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "vortex_auth_signing_key"
        constraints = [
            models.UniqueConstraint(
                name="vortex_auth_signing_key_one_active",
                fields=["state"],
                condition=Q(state="active"),
            ),
            models.CheckConstraint(
                name="vortex_auth_signing_key_state_known",
                condition=Q(state__in=["active", "retiring", "retired"]),
            ),
            models.CheckConstraint(
                name="vortex_auth_signing_key_private_while_active",
                condition=Q(state="active", retires_at__isnull=True)
                | Q(sealed_private_key=b"", retires_at__isnull=False),
            ),
        ]
