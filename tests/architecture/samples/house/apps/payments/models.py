"""A payment."""

from django.db import models


class Payment(models.Model):
    """A payment to somebody."""

    payer_id = models.UUIDField()
