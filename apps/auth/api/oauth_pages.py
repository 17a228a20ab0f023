"""The page on which a person lets a program in: who they are, then what it may do, yes or no.

The person proves who they are each time, by all of their factors; nobody stays signed in here. What
the program asks for stands in the address and is looked at anew with every step.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.crypto import constant_time_compare, salted_hmac
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods
from oauthlib.oauth2.rfc6749.errors import FatalClientError, OAuth2Error

from apps.auth import selectors
from apps.auth.adapters.totp import DIGITS
from apps.auth.domain.challenges import PASSKEY, RECOVERY_CODE, SIGN_IN, TOTP
from apps.auth.domain.device import Device
from apps.auth.domain.oauth import meaning_of
from apps.auth.models import OAuthClient, User
from apps.auth.services import challenges, signing_in
from apps.auth.services.oauth.grants import Presence
from apps.auth.services.oauth.server import BankServer, Moment
from vortex.clock import now
from vortex.db import unit_of_work
from vortex.errors import Refusal
from vortex.http.address import client_address, network_of
from vortex.http.throttles import spend
from vortex.ids import new_id

_STATE: Final = "vortex_oauth"
_PRESENT_FOR: Final = timedelta(minutes=5)
_PAGE: Final = "vortex_auth/authorize.html"


@dataclass(frozen=True)
class Question:
    """What a program asks for, with nothing wrong about it."""

    client: OAuthClient
    scopes: list[str]
    redirect_uri: str


@never_cache
@csrf_protect
@require_http_methods(["GET", "POST"])
def authorize(request: HttpRequest) -> HttpResponse:
    """Ask a person whether a program may do what it asks for, and send the browser back."""
    server = BankServer(_moment(request))
    try:
        scopes, info = server.validate_authorization_request(request.build_absolute_uri())
    except FatalClientError as error:  # nobody is sent anywhere
        return _nowhere(request, error.description or error.error)
    except ValueError:  # what oauthlib says of an address that is none
        return _nowhere(request, "The address is not one that can be read.")
    except OAuth2Error as error:
        return _back(error.in_uri(error.redirect_uri or ""))
    question = Question(info["request"].client, list(scopes), info["redirect_uri"])
    return _step(request, question) if request.method == "POST" else _page(request, question)


def _nowhere(request: HttpRequest, problem: str) -> HttpResponse:
    shown = {"problem": problem}
    return render(request, "vortex_auth/authorize_problem.html", shown, status=400)


def _step(request: HttpRequest, question: Question) -> HttpResponse:
    """Take the next step that the person has made."""
    step = request.POST.get("step", "")
    try:
        if step == "password":
            _first_factor(request)
        elif step == "second_factor":
            _second_factor(request)
        elif step in {"allow", "deny"}:
            return _decided(request, question, allowed=step == "allow")
    except Refusal as refusal:
        return _page(request, question, problem=refusal.detail)
    return redirect(request.get_full_path())


def _first_factor(request: HttpRequest) -> None:
    spend("sign_in", f"address:{network_of(client_address(request))}")
    user = signing_in.prove(
        email=request.POST.get("email", ""),
        password=request.POST.get("password", ""),
        network=Device(client_address(request), "").neighbourhood,
        now=now(),
    )
    request.session.cycle_key()
    if not selectors.second_factors(user_id=user.pk):
        _remember(request, user, ("pwd",))
        return
    asked = challenges.ask(
        challenge_id=new_id(), user=user, purpose=SIGN_IN, amr=("pwd",), now=now()
    )
    request.session[_STATE] = {"challenge": challenges.token_of(asked)}


def _second_factor(request: HttpRequest) -> None:
    spend("sign_in", f"address:{network_of(client_address(request))}")
    token = str(request.session.get(_STATE, {}).get("challenge", ""))
    asked = challenges.by_token(token, purpose=SIGN_IN, now=now())
    assert asked.user is not None
    challenges.answer(challenge_id=asked.pk, user=asked.user, answer=_answer(request), now=now())
    with unit_of_work("auth"):
        proved = challenges.use(challenge_id=asked.pk, now=now())
    _remember(request, asked.user, tuple(dict.fromkeys((*proved.amr, "mfa"))))


def _answer(request: HttpRequest) -> challenges.Answer:
    said = request.POST.get("credential", "")
    if said:
        try:
            return challenges.Answer(PASSKEY, credential=msgspec.json.decode(said, type=dict))
        except (msgspec.DecodeError, UnicodeError):
            return challenges.Answer(PASSKEY)
    code = request.POST.get("code", "").strip()
    return challenges.Answer(TOTP if len(code) == DIGITS else RECOVERY_CODE, code)


def _decided(request: HttpRequest, question: Question, *, allowed: bool) -> HttpResponse:
    """Send the browser back with a code or with a no; whoever was there is forgotten."""
    presence = _presence(request)
    if presence is None:
        return redirect(request.get_full_path())
    request.session.flush()
    if not allowed:
        return _back(_refusal(request, question))
    server = BankServer(_moment(request, presence))
    headers, _, _ = server.create_authorization_response(
        request.build_absolute_uri(), scopes=question.scopes
    )
    return _back(headers["Location"])


def _refusal(request: HttpRequest, question: Question) -> str:
    from oauthlib.oauth2.rfc6749.errors import AccessDeniedError

    denied = AccessDeniedError(state=request.GET.get("state"))
    return str(denied.in_uri(question.redirect_uri))


def _remember(request: HttpRequest, user: User, amr: tuple[str, ...]) -> None:
    request.session.cycle_key()
    request.session[_STATE] = {
        "user": str(user.pk),
        "amr": list(amr),
        "at": now().timestamp(),
        "mark": _mark(user),
    }


def _presence(request: HttpRequest) -> Presence | None:
    """Return who has just proved to be there, unless what they proved has changed meanwhile."""
    state = request.session.get(_STATE, {})
    if "user" not in state:
        return None
    at = datetime.fromtimestamp(state["at"], UTC)
    user = User.objects.filter(pk=state["user"], is_active=True).first()
    fresh = now() - at <= _PRESENT_FOR
    if user is None or not fresh or not constant_time_compare(_mark(user), state["mark"]):
        return None
    return Presence(user, tuple(state["amr"]), at)


def _page(request: HttpRequest, question: Question, problem: str = "") -> HttpResponse:
    presence = _presence(request)
    shown: dict[str, Any] = {
        "client": question.client,
        "host": urlsplit(question.redirect_uri).hostname or "",
        "meanings": [meaning_of(scope) for scope in question.scopes],
        "problem": problem,
        "person": presence.user if presence else None,
    }
    if presence is None:
        shown |= _second_step(request)
    answer = render(request, _PAGE, shown, status=400 if problem else 200)
    # A browser follows a form's redirect only to where form-action lets it go.
    parts = urlsplit(question.redirect_uri)
    target = f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"
    answer["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self';"
        f" form-action 'self' {target}; base-uri 'none'; frame-ancestors 'none'"
    )
    # Not no-referrer: a browser would then say no origin, and Django takes no form without one.
    answer["Referrer-Policy"] = "same-origin"
    return answer


def _second_step(request: HttpRequest) -> dict[str, Any]:
    """Return what the page shows of the second factor, where the first has been proved."""
    token = str(request.session.get(_STATE, {}).get("challenge", ""))
    try:
        asked = challenges.by_token(token, purpose=SIGN_IN, now=now())
    except Refusal:
        return {"methods": ()}
    methods = challenges.methods_for(asked.user_id) if asked.user_id else ()
    options = challenges.passkey_options(asked) if PASSKEY in methods else None
    return {"methods": methods, "passkey_options": options}


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
    return Moment(now(), device, presence)


def _mark(user: User) -> str:
    """Return what changes with the password, without being of use to whoever reads it."""
    return salted_hmac("vortex.auth.oauth", user.password, algorithm="sha256").hexdigest()
