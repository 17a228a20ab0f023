"""What Django answers when no view could: problems for programs, Django's own pages for people."""

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from vortex.errors import Refusal
from vortex.http.problem import problem, refusal_of
from vortex.http.refusals import BadRequest, InternalError, PermissionDenied, RouteNotFound

_FOR_PROGRAMS = ("/api/", "/rpc/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django refused to read."""
    if not _for_program(request):
        return defaults.bad_request(request, exception)
    return problem(refusal_of(exception) or BadRequest(), request)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that somebody refused outside of a view."""
    return _answer(request, PermissionDenied()) or defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request for an address that nobody serves."""
    return _answer(request, RouteNotFound()) or defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a request that broke; Django has logged why, and only the trace id says where."""
    return _answer(request, InternalError()) or defaults.server_error(request)


def _answer(request: HttpRequest, refusal: Refusal) -> HttpResponse | None:
    return problem(refusal, request) if _for_program(request) else None


def _for_program(request: HttpRequest) -> bool:
    return request.path.startswith(_FOR_PROGRAMS)
