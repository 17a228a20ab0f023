"""Accounts."""

from django.db import models


class Account(models.Model):
    """An account."""

    last = models.ForeignKey("payments.Payment", on_delete=models.PROTECT)
