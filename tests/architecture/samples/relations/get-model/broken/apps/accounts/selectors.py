"""Reads."""

from django.apps import apps


def last():
    return apps.get_model("payments", "Payment").objects.last()
