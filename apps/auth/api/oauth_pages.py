"""The page on which a person lets a program in: who they are, then what it may do, yes or no.

The person proves who they are each time, by all of their factors; nobody stays signed in here. What
the program asks for stands in the address and is looked at anew with every step.
"""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods
from oauthlib.oauth2.rfc6749.errors import FatalClientError, OAuth2Error

from apps.auth.api import oauth_presence
from apps.auth.domain.device import Device
from apps.auth.domain.oauth import meaning_of
from apps.auth.models import OAuthClient
from apps.auth.services.oauth import pushed
from apps.auth.services.oauth.grants import Presence
from apps.auth.services.oauth.server import BankServer, Moment
from vortex.clock import now
from vortex.errors import Refusal
from vortex.http.address import client_address

_PAGE: Final = "vortex_auth/authorize.html"


@dataclass(frozen=True)
class Question:
    """What a program asks for, with nothing wrong about it."""

    client: OAuthClient
    scopes: list[str]
    redirect_uri: str
    asked: str


@never_cache
@csrf_protect
@require_http_methods(["GET", "POST"])
def authorize(request: HttpRequest) -> HttpResponse:
    """Ask a person whether a program may do what it asks for, and send the browser back."""
    asked = _asked(request)
    if asked is None:
        return _nowhere(request, "The program has to ask again: this was decided, or is too old.")
    server = BankServer(_moment(request))
    try:
        scopes, info = server.validate_authorization_request(asked)
    except FatalClientError as error:  # nobody is sent anywhere
        return _nowhere(request, error.description or error.error)
    except ValueError:  # what oauthlib says of an address that is none
        return _nowhere(request, "The address is not one that can be read.")
    except OAuth2Error as error:
        return _back(error.in_uri(error.redirect_uri or ""))
    question = Question(info["request"].client, list(scopes), info["redirect_uri"], asked)
    return _step(request, question) if request.method == "POST" else _page(request, question)


def _nowhere(request: HttpRequest, problem: str) -> HttpResponse:
    shown = {"problem": problem}
    return render(request, "vortex_auth/authorize_problem.html", shown, status=400)


def _step(request: HttpRequest, question: Question) -> HttpResponse:
    """Take the next step that the person has made."""
    step = request.POST.get("step", "")
    try:
        if step in {"allow", "deny"}:
            return _decided(request, question, allowed=step == "allow")
        oauth_presence.prove(request, step)
    except Refusal as refusal:
        return _page(request, question, problem=refusal.detail)
    return redirect(request.get_full_path())


def _decided(request: HttpRequest, question: Question, *, allowed: bool) -> HttpResponse:
    """Send the browser back with a code or with a no; whoever was there is forgotten."""
    presence = oauth_presence.present(request)
    if presence is None:
        return redirect(request.get_full_path())
    request.session.flush()
    pushed_as = request.GET.get("request_uri")
    if pushed_as and not pushed.use_up(request_uri=pushed_as):
        return _nowhere(request, "This was decided already.")
    if not allowed:
        return _back(_refusal(question))
    server = BankServer(_moment(request, presence))
    headers, _, _ = server.create_authorization_response(question.asked, scopes=question.scopes)
    return _back(headers["Location"])


def _asked(request: HttpRequest) -> str | None:
    """Return the address with all that is asked: the browser's, or what the program has pushed."""
    pushed_as = request.GET.get("request_uri")
    if pushed_as is None:
        return request.build_absolute_uri()
    query = pushed.query_of(
        request_uri=pushed_as, client_id=request.GET.get("client_id", ""), now=now()
    )
    return None if query is None else f"{request.build_absolute_uri(request.path)}?{query}"


def _refusal(question: Question) -> str:
    from oauthlib.oauth2.rfc6749.errors import AccessDeniedError

    state = parse_qs(urlsplit(question.asked).query).get("state", [None])[0]
    denied = AccessDeniedError(state=state)
    return str(denied.in_uri(question.redirect_uri))


def _page(request: HttpRequest, question: Question, problem: str = "") -> HttpResponse:
    shown = {
        "client": question.client,
        "host": urlsplit(question.redirect_uri).hostname or "",
        "meanings": [meaning_of(scope) for scope in question.scopes],
    }
    # A browser follows a form's redirect only to where form-action lets it go.
    parts = urlsplit(question.redirect_uri)
    target = f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"
    return page(request, shown, problem=problem, target=target)


def page(
    request: HttpRequest, shown: dict[str, Any], *, problem: str = "", target: str = ""
) -> HttpResponse:
    """Return the page that asks who is there, then whether a program may do what is shown."""
    presence = oauth_presence.present(request)
    told = {**shown, "problem": problem, "person": presence.user if presence else None}
    if presence is None:
        told |= oauth_presence.second_step(request)
    return guarded(render(request, _PAGE, told, status=400 if problem else 200), target)


def guarded(answer: HttpResponse, target: str = "") -> HttpResponse:
    """Return a page under the policy of all of these: nothing from elsewhere, in nobody's frame."""
    answer["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self';"
        f" form-action 'self' {target}; base-uri 'none'; frame-ancestors 'none'"
    )
    # Not no-referrer: a browser would then say no origin, and Django takes no form without one.
    answer["Referrer-Policy"] = "same-origin"
    return answer


def _back(location: str) -> HttpResponse:
    """Send the browser to an address that was registered letter by letter."""
    scheme = urlsplit(location).scheme

    class ToTheProgram(HttpResponseRedirect):
        allowed_schemes = [scheme]

    answer = ToTheProgram(location)
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _moment(request: HttpRequest, presence: Presence | None = None) -> Moment:
    device = Device(client_address(request), request.headers.get("User-Agent", ""))
    return Moment(now(), device, presence, is_pushed="request_uri" in request.GET)
