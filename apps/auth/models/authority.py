"""What gives authority beyond a session: changes of roles on record, and keys for programs."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from apps.auth.models.people import User
from vortex.ids import new_id


class RoleChange(models.Model):
    """A change of somebody's roles, who made it and when. Rows are only ever added."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="role_changes")
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    roles_before = ArrayField(models.CharField(max_length=32))
    roles_after = ArrayField(models.CharField(max_length=32))
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "vortex_auth_role_change"


class ApiKey(models.Model):
    """A key of a program that acts for its owner, within scopes and for a time."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=64)
    secret_hash = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=40))
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "vortex_auth_api_key"
        constraints = [
            models.UniqueConstraint(
                name="vortex_auth_api_key_secret_unique", fields=["secret_hash"]
            )
        ]
