"""How tokens reach whoever signed in: in the body or, for a page, the refresh token in a cookie.

A page asks for the cookie by the header `X-Token-Transport: cookie`. No script reads the cookie and
no other site sends it (SameSite=Strict); and because a form of another site can set no such header,
the cookie is looked at only where the header is sent.
"""

from dataclasses import asdict
from typing import Any, Final

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from apps.auth.api.serializers import TokensSerializer
from apps.auth.conf import refresh_lifetime
from apps.auth.services.issuing import Tokens
from vortex.errors import Forbidden, Invalid

NAME: Final = "vortex_refresh"
HEADER: Final = "X-Token-Transport"
BODY: Final = "body"
COOKIE: Final = "cookie"
# `/api/v1/auth` is the same address as `/api/auth`, so the path is what both have in common.
_PATH: Final = "/api/"

TRANSPORT: Final = OpenApiParameter(
    HEADER,
    {"type": "string", "enum": [BODY, COOKIE]},
    OpenApiParameter.HEADER,
    description=(
        "`cookie`, for a page in a browser: the refresh token comes and goes in a cookie that no"
        " script reads, and `refresh` in the body is empty. `body`, or nothing, for programs."
    ),
    examples=[OpenApiExample("A program", value="body")],
)


class CrossSite(Forbidden, code="cross_site", title="From another site"):
    """The browser says that another site has sent this request."""


class UnknownTransport(Invalid, code="unknown_transport", title="Unknown transport"):
    """X-Token-Transport is `body` or `cookie`."""


def given(request: Request, tokens: Tokens) -> Response:
    """Return the answer that carries tokens in the way that the request asks for."""
    shown: dict[str, Any] = asdict(tokens)
    if not wants_cookie(request):
        return Response(TokensSerializer(shown).data)
    answer = Response(TokensSerializer({**shown, "refresh": ""}).data)
    answer.set_cookie(
        NAME,
        tokens.refresh,
        max_age=refresh_lifetime(),
        path=_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
    return answer


def taken(request: Request, in_body: str) -> str:
    """Return the refresh token of a request: from its cookie where it asks for that, else as sent.

    Without either it is empty, which is no refresh token of ours.
    """
    if not wants_cookie(request) or in_body:
        return in_body
    return request.COOKIES.get(NAME, "")


def forget(answer: Response) -> Response:
    """Have the browser drop its refresh token, if it has one."""
    answer.delete_cookie(NAME, path=_PATH, samesite="Strict")
    return answer


def wants_cookie(request: Request) -> bool:
    """Say whether a page asks for the cookie; refuses where its browser says it is not ours."""
    asked = request.headers.get(HEADER, BODY).lower()
    if asked not in {BODY, COOKIE}:
        raise UnknownTransport
    if asked == BODY:
        return False
    if request.headers.get("Sec-Fetch-Site", "same-origin") == "cross-site":
        raise CrossSite
    return True
