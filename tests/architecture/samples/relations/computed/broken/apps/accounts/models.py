"""Accounts."""

from django.db import models


class Account(models.Model):
    """An account."""

    last = models.ForeignKey("pay" + "ments.Payment", on_delete=models.PROTECT)
