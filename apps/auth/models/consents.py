"""What people have agreed to and withdrawn. Rows are only ever added; the last one holds."""

from django.db import models
from django.db.models import Q

from apps.auth.domain.consents import VERSIONS
from apps.auth.models.people import User
from vortex.ids import new_id


class Consent(models.Model):
    """One decision of a person about one purpose, in the version that they read."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="consents")
    purpose = models.CharField(max_length=16)
    version = models.CharField(max_length=16)
    granted = models.BooleanField()
    decided_at = models.DateTimeField()

    class Meta:
        db_table = "vortex_auth_consent"
        indexes = [
            models.Index(fields=["user", "purpose", "-decided_at"], name="vortex_auth_consent_last")
        ]
        constraints = [
            models.CheckConstraint(
                name="vortex_auth_consent_purpose_known", condition=Q(purpose__in=list(VERSIONS))
            )
        ]
