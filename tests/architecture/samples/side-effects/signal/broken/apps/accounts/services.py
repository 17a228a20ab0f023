"""Writes."""

from django.dispatch import receiver
