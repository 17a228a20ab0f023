"""Wiring of the auth context, and of the administration that only two factors open."""

from collections.abc import Callable
from typing import Any

from django.contrib.admin import apps as admin_apps
from django.contrib.admin.sites import AdminSite
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, path
from django.utils.module_loading import import_string

from apps.auth.conf import SECOND_FACTOR_OF
from vortex.contexts import ContextConfig


class AuthConfig(ContextConfig):
    """The auth context as a Django app."""

    name = "apps.auth"
    label = "vortex_auth"
    laws = "selectors.LAWS"

    def ready(self) -> None:
        """Let auth itself keep who signed in when: Django would write that wherever one enters.

        While auth is out, the monolith's copy of its people is nobody's to write.
        """
        super().ready()
        user_logged_in.disconnect(dispatch_uid="update_last_login")


class StaffAdminConfig(admin_apps.AdminConfig):
    """Django's administration under a site that asks for a second factor."""

    default = False
    default_site = "apps.auth.apps.StaffSite"


class StaffSite(AdminSite):
    """The administration: open to staff whose browser has shown a second factor."""

    site_header = "VortexCore"
    index_title = "The bank at this moment"

    def has_permission(self, request: HttpRequest) -> bool:
        """Say whether this browser belongs to staff, by both factors."""
        proved = request.session.get(SECOND_FACTOR_OF)
        return super().has_permission(request) and proved == str(request.user.pk)

    def get_urls(self) -> list[URLResolver | URLPattern]:
        """Return the pages of the administration, and what else there is of signing in."""
        return [
            path("second-factor/", _second_factor, name="second_factor"),
            path("enter/", _enter, name="enter"),
            *super().get_urls(),
        ]

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask for the first factor."""
        del extra_context
        return _view("first_factor")(request)

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send staff to where everybody changes a password: by the same rules, ending sessions."""
        del request, extra_context
        return HttpResponseRedirect("/security")


def _second_factor(request: HttpRequest) -> HttpResponse:
    return _view("second_factor")(request)


def _enter(request: HttpRequest) -> HttpResponse:
    """Let those in who signed in where auth is now."""
    found: HttpResponse = import_string("vortex.identity.entering.enter")(request)
    return found


def _view(name: str) -> Callable[[HttpRequest], HttpResponse]:
    """Return a page of signing in; it needs models, which are not there yet when apps load."""
    found: Callable[[HttpRequest], HttpResponse] = import_string(f"apps.auth.api.staff.{name}")
    return found
