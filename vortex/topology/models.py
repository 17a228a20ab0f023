"""Which deployment owns a context's data, and in which epoch: what the fence reads."""

from django.db import models
from django.db.models.functions import Now


class Owner(models.Model):
    """One row per context in its own database. A higher epoch is a later ownership.

    No row means that the context has never moved: whoever holds the database owns it.
    """

    context = models.TextField(primary_key=True)
    owner = models.TextField()  # "here", "moving", or the name of the deployment that took over
    epoch = models.BigIntegerField(default=0)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "topology_owner"

    def __str__(self) -> str:
        return f"{self.context}: {self.owner} (epoch {self.epoch})"


class Fired(models.Model):
    """A periodic task that was sent for an instant; the next owner of the data knows it too."""

    pk = models.CompositePrimaryKey("schedule", "due_at")
    schedule = models.TextField()
    due_at = models.DateTimeField()
    fired_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "topology_fired"
