"""Parked keys in Django's admin: one context at a time, to be looked at, retried or skipped."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from vortex.broker.parking import desk
from vortex.errors import Refusal
from vortex.staff import LookingAdmin, record

_CONTEXT = "context"


class ContextFilter(admin.SimpleListFilter):
    """Whose database is shown: kernel tables stand in every one of them."""

    title = "context"
    parameter_name = _CONTEXT

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer the hosted contexts."""
        del request, model_admin
        return [(name, name) for name in settings.VORTEX_HOSTED]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Leave the rows as they are: the admin has chosen the database."""
        del request
        return queryset


class ParkedAdmin(LookingAdmin):
    """Shows the parked messages of one desk; what it changes goes through the desk, on record."""

    desk_name = ""
    list_display = ("topic", "key", "type", "event_id", "reason", "parked_at")
    list_display_links = None
    list_filter = (ContextFilter,)
    ordering = ("id",)
    actions: tuple[str, ...] = ("retry", "skip")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows of the context that the address names, by default the first one."""
        return super().get_queryset(request).using(settings.VORTEX_ALIASES[_context(request)])

    def has_release_permission(self, request: HttpRequest) -> bool:
        """Say whether retrying and skipping are offered."""
        return bool(getattr(request.user, "is_superuser", False))

    @admin.action(description="Retry the keys of the chosen messages", permissions=["release"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Let the keys flow again."""
        self._each(request, queryset, "retry")

    @admin.action(
        description="Give up the first message of each chosen key", permissions=["release"]
    )
    def skip(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Give the first messages up and let the keys flow."""
        self._each(request, queryset, "skip")

    def _each(self, request: HttpRequest, queryset: QuerySet[Any], verb: str) -> None:
        context, by = _context(request), f"staff:{request.user.pk}"
        firsts: dict[tuple[str, str], Model] = {}
        for row in queryset.order_by("id"):
            firsts.setdefault((row.topic, row.key), row)
        for (topic, key), row in firsts.items():
            try:
                getattr(desk(self.desk_name), verb)(context, topic=topic, key=key, by=by)
            except Refusal as refusal:
                messages.error(request, f"{topic} {key}: {refusal.detail}")
                continue
            record(request, row, f"{verb} {context} {topic} {key}")
            messages.success(request, f"{topic} {key}: {verb} done")


def _context(request: HttpRequest) -> str:
    asked = request.GET.get(_CONTEXT, "")
    return asked if asked in settings.VORTEX_HOSTED else str(settings.VORTEX_HOSTED[0])
