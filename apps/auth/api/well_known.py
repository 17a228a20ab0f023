"""Addresses of auth under /.well-known/ (RFC 8615)."""

from django.urls import path
from django.views.decorators.http import require_safe

from apps.auth.api.oauth import discovery
from apps.auth.api.views import jwks

urlpatterns = [
    path("jwks.json", require_safe(jwks)),
    path("openid-configuration", require_safe(discovery)),
]
