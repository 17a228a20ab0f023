"""Accounts."""

from django.db import models


class Account(models.Model):
    """An account."""

    owner_id = models.UUIDField()

    class Meta:
        db_table = "accounts_account"
