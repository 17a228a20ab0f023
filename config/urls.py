"""Every address of the bank: /api/<context>/…, its alias /api/v1/<context>/…, admin and operations."""

from importlib.util import find_spec

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

_contexts: list[URLPattern | URLResolver] = [
    path(f"{name}/", include(f"apps.{name}.api.urls"))
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
