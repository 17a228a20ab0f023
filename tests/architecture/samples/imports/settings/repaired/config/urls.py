"""Addresses."""

from django.conf import settings
