"""Accounts."""

from django.contrib.contenttypes.fields import GenericForeignKey
from django.db import models


class Account(models.Model):
    """An account."""

    subject = GenericForeignKey("content_type", "object_id")
