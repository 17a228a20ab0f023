"""What staff do to people: each act on record, two of them where one could be a thief."""

from django.db import models
from django.db.models import F, Q

from apps.auth.models.people import User
from vortex.ids import new_id

_RESETS = ("requested", "approved", "rejected")
_IMPERSONATIONS = ("requested", "approved", "denied", "ended")


class StaffAct(models.Model):
    """One thing that somebody of the bank did to somebody, and why. Rows are only ever added."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    staff = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    act = models.CharField(max_length=32)
    reason = models.CharField(max_length=500)
    done_at = models.DateTimeField()

    class Meta:
        db_table = "vortex_auth_staff_act"


class FactorReset(models.Model):
    """The end of a person's lost factors: asked for by one of the bank, approved by another."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proof = models.CharField(max_length=16)
    note = models.CharField(max_length=500)
    requested_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=10, default="requested")
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "vortex_auth_factor_reset"
        constraints = [
            models.CheckConstraint(
                name="vortex_auth_factor_reset_state_known", condition=Q(state__in=_RESETS)
            ),
            models.CheckConstraint(
                name="vortex_auth_factor_reset_four_eyes",
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("requested_by")),
            ),
            models.UniqueConstraint(
                name="vortex_auth_factor_reset_one_open",
                fields=["user"],
                condition=Q(state="requested"),
            ),
        ]


class Impersonation(models.Model):
    """Somebody of the bank looks at a person's things with their consent, for a while.

    Its id is the `sid` of the tokens that it is given.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    staff = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500)
    minutes = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, default="requested")
    requested_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    until_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "vortex_auth_impersonation"
        constraints = [
            models.CheckConstraint(
                name="vortex_auth_impersonation_state_known",
                condition=Q(state__in=_IMPERSONATIONS),
            ),
            models.CheckConstraint(
                name="vortex_auth_impersonation_of_another", condition=~Q(user=F("staff"))
            ),
        ]
