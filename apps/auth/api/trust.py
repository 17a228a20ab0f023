"""The cookie by which a trusted browser is known; no script reads it, no other site sends it."""

from typing import Final

from django.conf import settings
from django.core import signing
from rest_framework.request import Request
from rest_framework.response import Response

from apps.auth.conf import TRUST_LIFETIME

NAME: Final = "vortex_trusted_browser"
_SALT: Final = "vortex.auth.trusted-browser"


def keep_trust(answer: Response, token: str) -> None:
    """Let the browser keep what makes it trusted, signed."""
    answer.set_cookie(
        NAME,
        signing.dumps(token, salt=_SALT),
        max_age=TRUST_LIFETIME,
        path="/api/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def trust_of(request: Request) -> str:
    """Return what a browser kept, or nothing where it is not of our making."""
    try:
        return str(signing.loads(request.COOKIES.get(NAME, ""), salt=_SALT))
    except signing.BadSignature:
        return ""
