"""A read that writes."""

from apps.payments.services import pay
