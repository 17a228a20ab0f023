"""The outermost layer of every request: its context, its security headers, its line in the log."""

import random
import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from vortex.http.address import client_address
from vortex.http.headers import MIRRORED
from vortex.http.problem import ProblemResponse, problem
from vortex.http.refusals import BadRequest, DeadlineSpent
from vortex.ids import new_id_text
from vortex.telemetry import context, get_logger, span
from vortex.telemetry.metrics import histogram

# Every character that could end a header or a log line stays out.
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:-]{8,128}", re.ASCII)
_TRACEPARENT: Final = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?", re.ASCII
)
_DEADLINE_MS: Final = re.compile(r"[0-9]{1,9}", re.ASCII)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_MACHINES: Final = ("/api/", "/rpc/", "/health/", "/metrics")
_PROBES: Final = ("/health/", "/metrics")

# An API answer is data: nothing in it may load, run or be framed.
CSP_DATA: Final = "default-src 'none'; frame-ancestors 'none'"
# Scripts and styles of a page are files. Django's administration has one style in a page itself:
# of a list whose actions stand neither above nor below, and no list of ours is such.
_CSP_PAGE: Final = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'"
)
PERMISSIONS: Final = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"

log = get_logger("http.access")
SECONDS = histogram("vortex_http_request_seconds", "HTTP requests", ("method", "route", "status"))


class RequestContextMiddleware:
    """Gives a request its id, trace and deadline; ends it with headers and a log line."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request inside its context."""
        started = time.monotonic()
        deadline_ms = _deadline_ms(request)
        with ExitStack() as scope:
            request.vortex_scope = scope  # type: ignore[attr-defined]
            current = scope.enter_context(
                context.use(
                    request_id=request_id_from(request.headers.get("X-Request-Id", "")),
                    traceparent=traceparent_from(request.headers.get("traceparent", "")),
                    deadline=context.deadline_in(deadline_ms),
                    actor=None,
                    causation_id="",
                    is_copy=MIRRORED in request.headers,
                )
            )
            with span(f"HTTP {_method(request)}", kind="server") as active:
                response = self._answer(request, deadline_ms)
                active.update_name(f"{_method(request)} {_route(request)}")
                active.set_attribute("http.route", _route(request))
                active.set_attribute("http.response.status_code", response.status_code)
            response["X-Request-Id"] = current.request_id
            _secure(request, response)
            _record(request, response, time.monotonic() - started)
        return response

    def _answer(self, request: HttpRequest, deadline_ms: int) -> HttpResponse:
        if request.path.startswith("/api/"):
            if deadline_ms == 0:
                return problem(DeadlineSpent(), request)
            # PostgreSQL keeps no NUL in a text, so an address with one names nothing that exists.
            if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
                return problem(BadRequest("the address has a NUL character"))
        return self._get_response(request)


def request_id_from(sent: str) -> str:
    """Return the caller's id of a request, or a fresh one where it is none that could be logged."""
    return sent if _REQUEST_ID.fullmatch(sent) else new_id_text()


def traceparent_from(sent: str) -> str:
    """Continue the caller's trace (W3C Trace Context), or begin one that nobody samples."""
    known = _TRACEPARENT.fullmatch(sent)
    if known is not None and not (known[0].startswith("00") and known[3]):
        return f"00-{known[1]}-{known[0][36:52]}-{known[2]}"
    fresh = f"{random.getrandbits(192):048x}"
    return f"00-{fresh[:32]}-{fresh[32:]}-01"


def _deadline_ms(request: HttpRequest) -> int:
    """Return the budget of the request: what the caller grants, at most what the server does."""
    longest: int = settings.VORTEX_REQUEST_DEADLINE_MS
    sent = request.headers.get("X-Deadline-Ms", "")
    return min(int(sent), longest) if _DEADLINE_MS.fullmatch(sent) else longest


def _secure(request: HttpRequest, response: HttpResponse) -> None:
    data = request.path.startswith(_MACHINES) or response.get("Content-Type", "").startswith(
        "application/"
    )
    response.setdefault("Content-Security-Policy", CSP_DATA if data else _CSP_PAGE)
    response.setdefault("Permissions-Policy", PERMISSIONS)
    if request.path.startswith("/api/"):
        response.setdefault("Cache-Control", "no-store")


def _record(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    """Count the request and write its line: never a query, a body or a path as it was sent."""
    method, route = _method(request), _route(request)
    SECONDS.labels(method, route, response.status_code).observe(seconds)
    write = log.debug if request.path.startswith(_PROBES) else log.info
    write(
        "http.request.served",
        method=method,
        route=route,
        status=response.status_code,
        code=response.data["code"] if isinstance(response, ProblemResponse) else None,
        duration_ms=round(seconds * 1000, 1),
        client=client_address(request),
    )


def _route(request: HttpRequest) -> str:
    """Return the pattern that matched, such as `/api/accounts/<uuid:account_id>`: a closed set."""
    match = request.resolver_match
    return f"/{match.route}" if match is not None else "unmatched"


def _method(request: HttpRequest) -> str:
    return request.method if request.method in _METHODS else "other"
