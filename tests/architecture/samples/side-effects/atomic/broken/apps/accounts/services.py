"""Writes."""

from django.db import transaction


def save():
    with transaction.atomic():
        pass
