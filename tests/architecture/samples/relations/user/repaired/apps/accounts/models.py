"""Accounts."""

from django.db import models


class Account(models.Model):
    """An account."""

    owner_id = models.UUIDField()
