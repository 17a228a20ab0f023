"""Accounts."""

from django.db import models


class Account(models.Model):
    """An account."""

    subject_id = models.UUIDField()
