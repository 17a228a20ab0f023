"""A write that reads."""

from apps.payments.selectors import payment
