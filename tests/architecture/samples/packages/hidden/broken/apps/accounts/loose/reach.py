"""A reach that the linter does not see."""

from apps.payments.models import Payment
