"""What the staff's pages in Django's admin share: they look, and what they change is on record."""

from collections.abc import Callable
from typing import Any, Final, Literal

import msgspec
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


Tone = Literal["good", "warn", "bad"]


class Line(msgspec.Struct, frozen=True):
    """One line of a panel: its cells, and whether somebody should look at it."""

    cells: tuple[str, ...]
    tone: Tone = "good"


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the staff's first page: how something of the bank is doing at this moment."""

    title: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    empty: str = "Nothing to report."
    link: str = ""  # the name of the page where something can be done about it


# By the order in which they are shown.
_PANELS: Final[dict[int, tuple[str, Callable[[], Panel]]]] = {}


def panel(place: int, title: str) -> Callable[[Callable[[], Panel]], Callable[[], Panel]]:
    """Have a function asked for its panel whenever the staff's first page is shown.

    A place is one panel's: a second one would take it without a word.
    """
    if place in _PANELS and _PANELS[place][0] != title:
        raise ValueError(f"the place {place} is that of {_PANELS[place][0]}")

    def known(ask: Callable[[], Panel]) -> Callable[[], Panel]:
        _PANELS[place] = (title, ask)
        return ask

    return known


def panels() -> tuple[Panel, ...]:
    """Return every panel; one that cannot say how it is says that, and keeps nobody else quiet."""
    return tuple(_asked(title, ask) for _, (title, ask) in sorted(_PANELS.items()))


def _asked(title: str, ask: Callable[[], Panel]) -> Panel:
    try:
        return ask()
    except Exception as error:  # noqa: BLE001 - whatever is broken, the page that says so is shown
        broken = Line(("unknown", type(error).__name__), "bad")
        return Panel(title=title, columns=("", ""), lines=(broken,))


def record(request: HttpRequest, row: Model, message: str) -> None:
    """Leave a trace of what somebody of the staff did to a row, and of who it was."""
    LogEntry.objects.log_actions(
        user_id=str(request.user.pk),
        queryset=[row],
        action_flag=CHANGE,
        change_message=message,
        single_object=True,
    )
