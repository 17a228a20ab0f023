"""Telephone numbers that people have proved, those they had before, and codes sent by SMS."""

from django.db import models
from django.db.models import Q

from apps.auth.domain.texts import PURPOSES, SENDING, STATES, WAITING
from apps.auth.models.people import User
from vortex.ids import new_id


class Phone(models.Model):
    """The number at which a person gets an SMS, in E.164. Before it is proved there is no row.

    Several people may have one number. Until `rests_until` it is no second factor, and never one
    before the person has said so at `signs_in_since`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="phones")
    number = models.CharField(max_length=16)
    verified_at = models.DateTimeField()
    rests_until = models.DateTimeField(null=True)
    signs_in_since = models.DateTimeField(null=True)

    class Meta:
        db_table = "vortex_auth_phone"
        constraints = [
            models.UniqueConstraint(name="vortex_auth_phone_one_each", fields=["user"]),
            models.CheckConstraint(
                name="vortex_auth_phone_e164", condition=Q(number__regex=r"^\+[1-9][0-9]{6,14}$")
            ),
        ]


class PhoneChange(models.Model):
    """A number that took another one's place; either is empty where there was or is none."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="phone_changes")
    former = models.CharField(max_length=16, blank=True)
    number = models.CharField(max_length=16, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "vortex_auth_phone_change"


class TextCode(models.Model):
    """A code that was asked for by SMS, and how far its sending is.

    It belongs to a person, a number and a purpose; one for signing in to the challenge that it
    answers, one that proves a number to the session in which that was asked for.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="text_codes")
    purpose = models.CharField(max_length=16, choices=[(name, name) for name in PURPOSES])
    number = models.CharField(max_length=16)
    challenge_id = models.UUIDField(null=True)
    session_id = models.UUIDField(null=True)
    code_hash = models.CharField(max_length=64, blank=True)
    wrong_codes = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(
        max_length=8, default=WAITING, choices=[(state, state) for state in STATES]
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    carrier_id = models.CharField(max_length=64, blank=True)
    problem = models.CharField(max_length=32, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "vortex_auth_text_code"
        indexes = [
            models.Index(fields=["expires_at"], name="vortex_auth_text_expiry"),
            models.Index(fields=["user", "purpose"], name="vortex_auth_text_of_user"),
            models.Index(
                fields=["due_at"],
                name="vortex_auth_text_due",
                condition=Q(state__in=[WAITING, SENDING]),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="vortex_auth_text_state_known", condition=Q(state__in=list(STATES))
            )
        ]
