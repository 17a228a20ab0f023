"""Links that are sent by mail, whether they were followed, and the addresses that changed so."""

from django.db import models

from apps.auth.domain.links import PURPOSES
from apps.auth.models.people import User
from vortex.ids import new_id


class MailLink(models.Model):
    """A link that was asked for. Nobody knows from outside whether it was also sent.

    `user` is empty where nobody has the address: then nothing is sent, after the same work.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE)
    purpose = models.CharField(max_length=16, choices=[(name, name) for name in PURPOSES])
    email = models.CharField(max_length=254)
    secret_hash = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    session_id = models.UUIDField(null=True)  # where it was asked for, by somebody signed in

    class Meta:
        db_table = "vortex_auth_mail_link"
        indexes = [
            models.Index(fields=["secret_hash"], name="vortex_auth_mail_link_secret"),
            models.Index(fields=["expires_at"], name="vortex_auth_mail_link_expiry"),
        ]


class EmailChange(models.Model):
    """An address that took another one's place, and whether whoever has the former took it back."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="email_changes")
    former = models.CharField(max_length=254)
    email = models.CharField(max_length=254)
    changed_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "vortex_auth_email_change"
