"""Hands out the dashboard's one page, under a policy by which it loads from here only."""

import hashlib
from pathlib import Path
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import re_path
from django.views.decorators.http import condition, require_safe

# Scripts, styles and fonts are files of ours; a QR code is a `data:` image, a chosen file `blob:`.
# No script may be made of a string, so a text that somebody typed cannot become one.
POLICY: Final = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script';"
    " trusted-types 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-cache",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# What others answer stays theirs, also where they answer that there is nothing; a name with a dot
# is a file. Every other address is a screen, and the page itself says when there is none such.
_OTHERS: Final = r"static|api|admin|ws|rpc|health|metrics|problems|dev|\.well-known"
SCREENS: Final = rf"^(?!(?:{_OTHERS})(?:/|$))(?!.*\.[A-Za-z0-9]+$).*$"


def _index() -> Path:
    """Return the page as it was collected, beside the very files that it names."""
    return Path(settings.STATIC_ROOT) / "index.html"


def _etag(_request: HttpRequest) -> str | None:
    try:
        return f'"{hashlib.sha256(_index().read_bytes()).hexdigest()[:32]}"'
    except FileNotFoundError:
        return None


@require_safe
@condition(etag_func=_etag)
def screen(request: HttpRequest) -> HttpResponse:
    """Return the page of every screen, or say how it is built where it is not."""
    try:
        return HttpResponse(_index().read_bytes(), headers=_HEADERS)
    except FileNotFoundError:
        return render(request, "dashboard/unbuilt.html", status=503)


urlpatterns = [re_path(SCREENS, screen, name="screen")]
