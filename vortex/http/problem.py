"""Refusals as HTTP answers: the one place that decides their status and shape (RFC 9457)."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

import msgspec
import redis
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions as drf

from vortex import errors
from vortex.http import refusals
from vortex.http.headers import CONTEXT_MOVED
from vortex.identity.authentication import REALM
from vortex.telemetry import context, get_logger

MEDIA_TYPE: Final = "application/problem+json"

STATUS_OF_FAMILY: Final[dict[type[errors.Refusal], int]] = {
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Refused: 422,
    errors.Invalid: 422,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.TooMany: 429,
    errors.Unavailable: 503,
}
# HTTP has words of its own for what it refuses by itself.
STATUS_OF_CODE: Final[dict[str, int]] = {
    "bad_request": 400,
    "parse_error": 400,
    "idempotency_key_required": 400,
    "method_not_allowed": 405,
    "not_acceptable": 406,
    "precondition_failed": 412,
    "body_too_large": 413,
    "unsupported_media_type": 415,
    "precondition_required": 428,
    "internal_error": 500,
}
_DEFAULT_RETRY_SECONDS: Final = 1
_OUTAGES: Final = (OperationalError, InterfaceError, redis.ConnectionError, redis.TimeoutError)

log = get_logger("http.problem")


class ProblemResponse(HttpResponse):
    """A refusal on its way out; `data` is what the body says."""

    def __init__(self, data: dict[str, Any], status: int, headers: dict[str, str]) -> None:
        super().__init__(msgspec.json.encode(data), status=status, content_type=MEDIA_TYPE)
        self.data = data
        for name, value in headers.items():
            self[name] = value


def status_of(refusal: type[errors.Refusal]) -> int:
    """Return the HTTP status of a class of refusals."""
    known = STATUS_OF_CODE.get(refusal.code)
    return known or STATUS_OF_FAMILY[errors.family_of(refusal)]


def problem(refusal: errors.Refusal, request: HttpRequest | None = None) -> ProblemResponse:
    """Return the answer that says a refusal.

    Members: type, title, status, detail, code, trace_id, instance (the path, without its query),
    and every fact of the refusal beside them; `errors` is a fact like the others.
    """
    status, data, headers = said(refusal, None if request is None else request.path)
    return ProblemResponse(data, status, headers)


def said(refusal: errors.Refusal, path: str | None) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Return status, body and headers of the answer that says a refusal."""
    status = status_of(type(refusal))
    data: dict[str, Any] = {
        **refusal.facts,
        "type": f"/problems/{refusal.code}",
        "title": refusal.title,
        "status": status,
        "detail": refusal.detail,
        "code": refusal.code,
        "trace_id": context.current().traceparent[3:35],
    }
    if path is not None:
        data["instance"] = path
    return status, data, _headers(refusal, status)


def exception_handler(error: Exception, view_context: dict[str, Any]) -> HttpResponse | None:
    """Answer what a view raised; None leaves a bug to Django, which logs it and answers 500."""
    request = view_context.get("request")
    refusal = refusal_of(error)
    if refusal is None:
        return None
    answer = problem(refusal, request)
    for name, value in _headers_of_drf(error).items():
        answer[name] = value
    return answer


def refusal_of(error: Exception) -> errors.Refusal | None:
    """Return the refusal that an exception stands for: ours, DRF's, Django's or an outage."""
    if isinstance(error, errors.Refusal):
        return error
    if isinstance(error, drf.APIException):
        return _of_drf(error)
    if isinstance(error, _OUTAGES):
        log.error("http.problem.storage_unavailable", exc_info=error)
        return refusals.StorageUnavailable(retry_after=_DEFAULT_RETRY_SECONDS)
    for theirs, ours in _OF_DJANGO:
        if isinstance(error, theirs):
            return ours()
    return None


_OF_DJANGO: Final[tuple[tuple[type[Exception], type[errors.Refusal]], ...]] = (
    (Http404, refusals.RouteNotFound),
    (PermissionDenied, refusals.PermissionDenied),
    (RequestDataTooBig, refusals.BodyTooLarge),
    (SuspiciousOperation, refusals.BadRequest),
)
_OF_DRF: Final[tuple[tuple[type[drf.APIException], type[errors.Refusal]], ...]] = (
    (drf.ParseError, refusals.ParseError),
    (drf.NotAuthenticated, refusals.NotAuthenticated),
    (drf.AuthenticationFailed, refusals.NotAuthenticated),
    (drf.PermissionDenied, refusals.PermissionDenied),
    (drf.NotFound, refusals.RouteNotFound),
    (drf.MethodNotAllowed, refusals.MethodNotAllowed),
    (drf.NotAcceptable, refusals.NotAcceptable),
    (drf.UnsupportedMediaType, refusals.UnsupportedMediaType),
)


def _of_drf(error: drf.APIException) -> errors.Refusal | None:
    if isinstance(error, drf.ValidationError):
        return refusals.ValidationFailed(errors=list(pointers(error.detail)))
    if isinstance(error, drf.Throttled):
        return refusals.Throttled(retry_after=int(getattr(error, "wait", None) or 1))
    for theirs, ours in _OF_DRF:
        if isinstance(error, theirs):
            return ours(str(error.detail))
    return None


def pointers(detail: Any, at: str = "") -> Iterator[dict[str, str]]:
    """Yield {pointer, code, detail} for every complaint of a DRF ValidationError, depth first.

    What is about an object as a whole points at the object.
    """
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            whole = name in {"non_field_errors", "__all__"}
            yield from pointers(inner, at if whole else f"{at}/{_escaped(str(name))}")
    elif isinstance(detail, list | tuple):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, Mapping | list)
            yield from pointers(inner, f"{at}/{index}" if nested else at)
    else:
        yield {
            "pointer": at,
            "code": str(getattr(detail, "code", None) or "invalid"),
            "detail": str(detail),
        }


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _headers(refusal: errors.Refusal, status: int) -> dict[str, str]:
    headers = {"Cache-Control": "no-store"}
    if status in {429, 503} or "retry_after" in refusal.facts:
        seconds = cast("int", refusal.facts.get("retry_after", _DEFAULT_RETRY_SECONDS))
        headers["Retry-After"] = str(max(1, int(seconds)))
    if refusal.code == "context_moved":
        headers[CONTEXT_MOVED] = str(refusal.facts.get("context", ""))
    if refusal.code == "step_up_required":  # RFC 9470
        max_age = refusal.facts.get("max_age")
        age = f", max_age={max_age}" if isinstance(max_age, int) else ""
        headers["WWW-Authenticate"] = f'{REALM}, error="insufficient_user_authentication"{age}'
    elif status == 401:
        sent = refusal.code != "not_authenticated"
        headers["WWW-Authenticate"] = f'{REALM}, error="invalid_token"' if sent else REALM
    return headers


def _headers_of_drf(error: Exception) -> dict[str, str]:
    if not isinstance(error, drf.APIException):
        return {}
    challenge = getattr(error, "auth_header", None)
    return {"WWW-Authenticate": challenge} if challenge else {}
