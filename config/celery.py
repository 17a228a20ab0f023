"""The Celery application: one queue per context, named after it."""

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

app = Celery("vortex")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.task_routes = {
    **{f"apps.{name}.*": {"queue": name} for name in settings.VORTEX_HOSTED},
    "vortex.*": {"queue": "kernel"},
}
