"""The Celery application: one queue per context, named after it, and one clock for all."""

import os
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from celery import Celery
from celery.signals import worker_ready
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

# What the kernel keeps tidy in every context's database.
_KERNEL = {
    name: {"task": name, "schedule": timedelta(hours=6)}
    for name in ("outbox.retention", "inbox.retention", "idempotency.prune")
}


def schedules() -> dict[str, Any]:
    """Return the kernel's periodic tasks and those that the hosted contexts declare in conf.py."""
    found: dict[str, Any] = dict(_KERNEL)
    for name in settings.VORTEX_HOSTED:
        if find_spec(f"apps.{name}.conf") is not None:
            found |= getattr(import_module(f"apps.{name}.conf"), "SCHEDULE", {})
    return found


app = Celery("vortex", task_cls="config.following:FollowingTask")
# Current is a word of one thread, and a web server answers in others.
app.set_default()
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# A task is called `<context>.<what it does>`.
app.conf.task_routes = {f"{name}.*": {"queue": name} for name in settings.VORTEX_HOSTED}
app.conf.beat_schedule = schedules()


@worker_ready.connect
def _keep_to_own_queues(sender: Any, **_: Any) -> None:
    from config.following import follow

    follow(app, str(sender.hostname))
