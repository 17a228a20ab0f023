"""Accounts."""

from django.db import models


class Account(models.Model):
    """An account."""

    parent = models.ForeignKey("accounts.Account", on_delete=models.PROTECT)
