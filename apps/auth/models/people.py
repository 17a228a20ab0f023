"""People, and the constraints that PostgreSQL keeps about them; rules are in domain/."""

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


class User(AbstractBaseUser):  # type: ignore[django-manager-missing]
    """A person who can be asked to prove who they are.

    Roles are the only source of authority: Django's groups, permissions and superuser flag would be
    a second and a third, so `is_staff`, `has_perm` and the rest are read from the roles.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.CharField(max_length=254)
    full_name = models.CharField(max_length=120)
    roles = ArrayField(models.CharField(max_length=32), default=list)
    is_active = models.BooleanField(default=True)
    email_verified_at = models.DateTimeField(null=True)
    revoked_before = models.DateTimeField(null=True)  # nothing issued to them earlier counts
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
