"""How old an account is."""

from decimal import Decimal
