"""The kernel looks upstairs."""

from apps.payments.contracts import PaymentSettled
