"""The shadow of a member of staff, so that Django's admin works where auth is not hosted.

Its id, e-mail and roles are auth's; it is written when a member of staff signs in and holds no
password of its own: with one, a service would be a second place to sign in.
"""

from collections.abc import Iterable
from typing import ClassVar
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import make_password
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from vortex.contracts import STAFF_ROLES
from vortex.ids import new_id


class StaffUserManager(BaseUserManager["StaffUser"]):
    """Writes shadows; nobody is created here who does not exist in auth."""

    def remember(
        self, *, user_id: UUID, email: str, full_name: str, roles: Iterable[str], is_active: bool
    ) -> "StaffUser":
        """Write what auth says about a member of staff; the second call leaves the same row."""
        known = [role for role in roles if role in STAFF_ROLES]
        user, _ = self.update_or_create(
            id=user_id,
            defaults={
                "email": email.lower(),
                "full_name": full_name,
                "roles": known,
                "is_active": is_active and bool(known),
                "password": make_password(None),
            },
        )
        return user


class StaffUser(AbstractBaseUser):
    """A member of staff as this service knows them; their roles are their only authority."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.CharField(max_length=254, unique=True)
    full_name = models.CharField(max_length=120)
    roles = ArrayField(models.CharField(max_length=32), default=list)
    is_active = models.BooleanField(default=True)

    objects: ClassVar[StaffUserManager] = StaffUserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["full_name"]

    class Meta:
        db_table = "identity_staff_user"
        verbose_name = "member of staff"
        verbose_name_plural = "staff"
        constraints = [
            models.CheckConstraint(
                name="identity_staff_user_email_canonical",
                condition=models.Q(email=Lower("email")),
            ),
            models.CheckConstraint(
                name="identity_staff_user_roles_known",
                condition=models.Q(roles__contained_by=list(STAFF_ROLES)),
            ),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def is_staff(self) -> bool:
        """Staff is whoever has a staff role; there is no switch for it."""
        return bool(self.roles)

    @property
    def is_superuser(self) -> bool:
        """Whether every administrative action is open to them."""
        return "administrator" in self.roles

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Administrators may do what an admin page offers; other staff may look."""
        del obj
        looking = perm.partition(".")[2].startswith("view_")
        return self.is_active and (self.is_superuser or (self.is_staff and looking))

    def has_perms(self, perm_list: Iterable[str], obj: object = None) -> bool:
        """Say whether every one of these permissions is held."""
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        """Say whether the admin shows them an app at all."""
        del app_label
        return self.is_active and self.is_staff
