"""Accounts."""

from apps.payments.models import Payment
from django.db import models


class Account(models.Model):
    """An account."""

    last = models.OneToOneField(Payment, on_delete=models.PROTECT)
