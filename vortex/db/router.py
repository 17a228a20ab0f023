"""Which database a model lives in: its context's, and the kernel's tables in every one of them."""

from typing import Any, Final

from django.conf import settings
from django.db.models import Model

from vortex.db.aliases import alias_of
from vortex.db.work import current_context

KERNEL_LABELS: Final = frozenset({"outbox", "inbox", "idempotency", "topology"})


class ContextRouter:
    """Routes by app label. Kernel tables follow the open unit of work, or `.using()`."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        """Return the alias to read a model from."""
        return _alias(model._meta.app_label, hints)

    def db_for_write(self, model: type[Model], **hints: Any) -> str | None:
        """Return the alias to write a model to."""
        return _alias(model._meta.app_label, hints)

    def allow_relation(self, first: Model, second: Model, **_: Any) -> bool | None:
        """Allow relations inside one database only."""
        return first._state.db == second._state.db

    def allow_migrate(self, db: str, app_label: str, **_: Any) -> bool | None:
        """Put each context's tables into its database, the kernel's into all, Django's into one."""
        if app_label in KERNEL_LABELS:
            return True
        return db == _alias_of_label(app_label)


def _alias(label: str, hints: dict[str, Any]) -> str | None:
    if label not in KERNEL_LABELS:
        return _alias_of_label(label)
    instance = hints.get("instance")
    if instance is not None and instance._state.db:
        return str(instance._state.db)
    context = current_context()
    if context is None:
        raise RuntimeError(f"{label} stands in every database: open a unit of work or say .using()")
    return alias_of(context)


def _alias_of_label(label: str) -> str:
    for context in settings.VORTEX_CONTEXTS:
        if context.label == label and context.name in settings.VORTEX_ALIASES:
            return alias_of(context.name)
    return "default"
