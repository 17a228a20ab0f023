"""Wiring of the dashboard."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    """The dashboard as a Django app: templates and pages, no tables."""

    name = "apps.dashboard"
    label = "dashboard"
