"""How old an account is."""

from django.utils import timezone
