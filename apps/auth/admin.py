"""Administration of people and sessions: it looks, and what it changes goes through a service."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.auth.models import Session, SigningKey, User
from apps.auth.services import sessions
from vortex.clock import now
from vortex.staff import LookingAdmin, record


class DecidingAdmin(LookingAdmin):
    """Shows rows, and offers its actions to administrators."""

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Whether the actions of a page are offered."""
        return bool(getattr(request.user, "is_superuser", False))


@admin.register(User)
class UserAdmin(DecidingAdmin):
    """People."""

    list_display = ("email", "full_name", "roles", "is_active", "created_at")
    list_filter = ("is_active",)
    search_fields = ("email", "full_name")
    fields = ("id", "email", "full_name", "roles", "is_active", "created_at", "last_login")
    ordering = ("-created_at",)
    actions = ("deactivate", "reactivate")

    @admin.action(
        description="Deactivate: sign out everywhere, no signing in", permissions=["decide"]
    )
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Deactivate the chosen people, except whoever is asking."""
        for user in queryset.exclude(pk=str(request.user.pk)):
            sessions.deactivate(user_id=user.pk, now=now())
            record(request, user, "deactivated")
        messages.success(request, "Done, except for yourself.")

    @admin.action(description="Reactivate: may sign in again", permissions=["decide"])
    def reactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Let the chosen people sign in again."""
        for user in queryset:
            sessions.reactivate(user_id=user.pk)
            record(request, user, "reactivated")


@admin.register(Session)
class SessionAdmin(DecidingAdmin):
    """Sessions."""

    list_display = ("user", "user_agent", "network", "created_at", "last_seen_at", "revoked_reason")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    ordering = ("-created_at",)
    actions = ("revoke",)

    @admin.action(description="Revoke: tokens dead, sockets closed", permissions=["decide"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Session]) -> None:
        """End the chosen sessions."""
        for session in queryset:
            sessions.revoke_session(session_id=session.pk, reason="revoked_by_staff", now=now())
            record(request, session, "revoked")


@admin.register(SigningKey)
class SigningKeyAdmin(LookingAdmin):
    """Signing keys, their public halves; `manage.py rotate_keys` replaces them."""

    list_display = ("kid", "state", "created_at", "retires_at")
    fields = ("kid", "state", "public_jwk", "created_at", "retires_at")
    ordering = ("-created_at",)
