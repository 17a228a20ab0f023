"""The table of remembered answers, in the database of the context that gave them."""

from django.db import models


class Remembered(models.Model):
    """What was answered to a caller under a key, committed together with the effect."""

    pk = models.CompositePrimaryKey("caller", "key")
    caller = models.TextField()
    key = models.TextField()
    request_hash = models.BinaryField()
    status = models.SmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "idempotency_key"
