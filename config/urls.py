"""Every address of the bank: /api/<context>/… and its alias /api/v1/…, admin and operations."""

from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.urls.resolvers import RoutePattern
from django.utils.module_loading import import_string


class _Named(RoutePattern):
    """Lets a context be asked about its own addresses only, which it writes with its name."""

    def __init__(self, context: str) -> None:
        super().__init__("")
        self._context = context

    def match(self, path: str) -> Any:
        """Match addresses that begin with the context's name, and take nothing off them."""
        return super().match(path) if path.startswith(self._context) else None


_contexts: list[URLPattern | URLResolver] = [
    URLResolver(_Named(name), f"apps.{name}.api.urls")
    for name in settings.VORTEX_HOSTED
    if find_spec(f"apps.{name}.api") is not None
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", include((_contexts, "api"))),
    path("api/v1/", include((_contexts, "v1"))),
    path("rpc/", include("vortex.rpc.urls")),
    path("admin/", admin.site.urls),
    path("", include("vortex.http.urls")),
]

if "auth" in settings.VORTEX_HOSTED:
    urlpatterns.append(path(".well-known/", include("apps.auth.api.well_known")))
    urlpatterns.append(path("dev/mailbox", import_string("apps.auth.api.mailbox.mailbox")))

if settings.VORTEX_SERVES_DASHBOARD:
    # The door is the dashboard's, and so is every address that nobody above answers for.
    urlpatterns.insert(0, path("", import_string("apps.dashboard.pages.screen"), name="door"))
    urlpatterns.append(path("", include("apps.dashboard.pages")))

handler400 = "vortex.http.failures.bad_request"
handler403 = "vortex.http.failures.permission_denied"
handler404 = "vortex.http.failures.not_found"
handler500 = "vortex.http.failures.server_error"
