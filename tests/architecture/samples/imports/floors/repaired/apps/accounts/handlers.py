"""A context hears another."""

from apps.payments.contracts import PaymentSettled
