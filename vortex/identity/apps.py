"""Wiring of the shadow staff users and their administration, where auth is not hosted."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.contrib.admin.sites import AdminSite
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path
from django.utils.module_loading import import_string


class IdentityConfig(AppConfig):
    """The kernel's identity package as a Django app."""

    name = "vortex.identity"
    label = "identity"
    default_auto_field = "django.db.models.BigAutoField"


class EnteredAdminConfig(admin_apps.AdminConfig):
    """Django's administration, whose staff sign in at auth and enter here."""

    default = False
    default_site = "vortex.identity.apps.EnteredSite"


class EnteredSite(AdminSite):
    """The administration of a deployment without auth: it knows no password."""

    site_header = "VortexCore"
    index_title = "The bank at this moment"

    def get_urls(self) -> list[URLResolver | URLPattern]:
        """Return the pages of the administration, and the door for those who signed in at auth."""
        return [path("enter/", _enter, name="enter"), *super().get_urls()]


def _enter(request: HttpRequest) -> HttpResponse:
    """Open the door; it needs models, which are not there yet when apps load."""
    found: HttpResponse = import_string("vortex.identity.entering.enter")(request)
    return found
