"""Accounts."""

from django.db import models


class Account(models.Model):
    """An account."""

    peers = models.ManyToManyField("self", through="Link")
