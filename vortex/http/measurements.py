"""/metrics for Prometheus, for those who hold the token."""

import hmac

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST

from vortex.http.problem import problem
from vortex.http.refusals import NotAuthenticated, RouteNotFound
from vortex.telemetry.metrics import exposition


def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with every metric. Without VORTEX_METRICS_TOKEN there is nothing at this address."""
    token: str = settings.VORTEX_METRICS_TOKEN
    if not token:
        return problem(RouteNotFound(), request)
    sent = request.headers.get("Authorization", "")
    if not hmac.compare_digest(sent.encode(), f"Bearer {token}".encode()):
        return problem(NotAuthenticated("send the metrics token as a bearer token"), request)
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)
