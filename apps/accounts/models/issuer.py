"""What an issuer of cards has said by itself, kept before anything is made of it."""

from django.db import models

STATES = ("waiting", "done", "ignored", "refused")


class IssuerEvent(models.Model):
    """One signed event, without card numbers. Its id is the issuer's: it counts once.

    What is not understood is `ignored`, what could not be done `refused` with the code of why; both
    are kept for people. `subject` is the issuer's name of what it is about.
    """

    id = models.CharField(max_length=255, primary_key=True)
    kind = models.CharField(max_length=64, blank=True)
    subject = models.CharField(max_length=64, blank=True)
    content = models.JSONField()
    state = models.CharField(max_length=16, choices=[(s, s) for s in STATES])
    outcome = models.CharField(max_length=64, blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "accounts_issuer_event"
        indexes = [
            models.Index(
                fields=["due_at"],
                name="accounts_issuer_event_due",
                condition=models.Q(state="waiting"),
            ),
            models.Index(fields=["subject"], name="accounts_issuer_event_about"),
        ]
        constraints = [
            models.CheckConstraint(
                name="accounts_issuer_event_waits",
                condition=models.Q(state="waiting", due_at__isnull=False, ended_at__isnull=True)
                | (~models.Q(state="waiting") & models.Q(ended_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
