"""Reads another's tables."""

from apps.payments.models import Payment
