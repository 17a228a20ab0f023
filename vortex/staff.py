"""What the staff's pages in Django's admin share: they look, and what they change is on record."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Model
from django.http import HttpRequest


class LookingAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Shows rows; none is added, edited or removed by hand. What changes goes through a service."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds."""
        del request, obj
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody edits."""
        del request, obj
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody removes."""
        del request, obj
        return False


def record(request: HttpRequest, row: Model, message: str) -> None:
    """Leave a trace of what somebody of the staff did to a row, and of who it was."""
    LogEntry.objects.log_actions(
        user_id=str(request.user.pk),
        queryset=[row],
        action_flag=CHANGE,
        change_message=message,
        single_object=True,
    )
