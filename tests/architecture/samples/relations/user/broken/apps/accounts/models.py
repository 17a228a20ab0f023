"""Accounts."""

from django.conf import settings
from django.db import models


class Account(models.Model):
    """An account."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
