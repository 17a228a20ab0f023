"""How the parts that requests stand on are doing, and what the staff have changed, for staff."""

from typing import Final

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry

from vortex.http.health import State, readiness
from vortex.staff import Line, LookingAdmin, Panel, Tone, panel

# What libraries bring and nobody here decides by: groups mean nothing, and a factor is set up
# by whoever owns it.
for _label, _name in (
    ("auth", "Group"),
    ("otp_totp", "TOTPDevice"),
    ("otp_static", "StaticDevice"),
):
    if admin.site.is_registered(apps.get_model(_label, _name)):
        admin.site.unregister(apps.get_model(_label, _name))

_TONES: Final[dict[State, Tone]] = {"up": "good", "degraded": "warn", "down": "bad"}


@admin.register(LogEntry)
class RecordAdmin(LookingAdmin):
    """Who of the staff changed what, and when; nobody adds, edits or removes a record by hand."""

    list_display = ("action_time", "user", "content_type", "object_repr", "change_message")
    list_display_links = None
    list_filter = ("action_time", "content_type")
    list_select_related = ("user", "content_type")
    search_fields = ("object_id", "object_repr", "change_message", "user__email")
    ordering = ("-action_time",)


@panel(1, "Health")
def health_panel() -> Panel:
    """Say what /health/ready says, part by part."""
    return Panel(
        title="Health",
        columns=("part", "is", "answers in", ""),
        lines=tuple(
            Line(
                (part.name, part.status, f"{part.latency_ms:.1f} ms", part.detail),
                _TONES[part.status],
            )
            for part in readiness().parts()
        ),
    )
