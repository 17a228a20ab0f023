"""The page on which a person lets a device in: its code, who they are, what it may do, yes or no.

The code stands in the address once it is typed. That somebody was sent here with a code in the
address lets nothing in: they read which program shows which code before they say yes (RFC 8628,
5.4).
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from apps.auth.api import oauth_presence
from apps.auth.api.oauth_pages import guarded, page
from apps.auth.domain.oauth import meaning_of, shown_user_code, typed_user_code
from apps.auth.models import DeviceGrant
from apps.auth.services.oauth import devices
from vortex.clock import now
from vortex.errors import Refusal
from vortex.http.address import client_address, network_of
from vortex.http.throttles import spend


@never_cache
@csrf_protect
@require_http_methods(["GET", "POST"])
def device(request: HttpRequest) -> HttpResponse:
    """Ask a person for the code that a device shows, and whether it may do what it asks for."""
    typed = request.GET.get("user_code", "")
    if not typed:
        return _ask(request)
    try:
        spend("user_code", f"address:{network_of(client_address(request))}")
        grant = devices.waiting(user_code=typed, now=now())
    except Refusal as refusal:
        return _ask(request, refusal.detail)
    return (
        _step(request, grant, typed) if request.method == "POST" else _page(request, grant, typed)
    )


def _step(request: HttpRequest, grant: DeviceGrant, typed: str) -> HttpResponse:
    step = request.POST.get("step", "")
    try:
        if step not in {"allow", "deny"}:
            oauth_presence.prove(request, step)
            return redirect(request.get_full_path())
        presence = oauth_presence.present(request)
        if presence is None:
            return redirect(request.get_full_path())
        allowed = step == "allow"
        devices.decide(grant_id=grant.pk, presence=presence, allowed=allowed, now=now())
    except Refusal as refusal:
        return _page(request, grant, typed, refusal.detail)
    request.session.flush()
    shown = {"done": "allowed" if allowed else "denied", "client": grant.client}
    return guarded(render(request, "vortex_auth/device.html", shown))


def _page(request: HttpRequest, grant: DeviceGrant, typed: str, problem: str = "") -> HttpResponse:
    shown = {
        "client": grant.client,
        "user_code": shown_user_code(typed_user_code(typed)),
        "meanings": [meaning_of(scope) for scope in grant.scopes],
    }
    return page(request, shown, problem=problem)


def _ask(request: HttpRequest, problem: str = "") -> HttpResponse:
    shown = {"problem": problem}
    status = 400 if problem else 200
    return guarded(render(request, "vortex_auth/device.html", shown, status=status))
