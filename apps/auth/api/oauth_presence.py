"""Who sits before a page of consent: proved each time by all of their factors, then forgotten."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac

from apps.auth import selectors
from apps.auth.adapters.totp import DIGITS
from apps.auth.domain.challenges import PASSKEY, RECOVERY_CODE, SIGN_IN, SMS, TOTP
from apps.auth.domain.device import Device
from apps.auth.models import User
from apps.auth.services import challenges, signing_in, sms_factor
from apps.auth.services.oauth.grants import Presence
from vortex.clock import now
from vortex.db import unit_of_work
from vortex.errors import Refusal
from vortex.http.address import client_address, network_of
from vortex.http.throttles import spend
from vortex.ids import new_id

_STATE: Final = "vortex_oauth"
_PRESENT_FOR: Final = timedelta(minutes=5)


def prove(request: HttpRequest, step: str) -> None:
    """Take a step of proving who one is; anything but a password or a second factor is none."""
    if step == "password":
        _first_factor(request)
    elif step == "second_factor":
        _second_factor(request)


def _first_factor(request: HttpRequest) -> None:
    spend("sign_in", f"address:{network_of(client_address(request))}")
    user = signing_in.prove(
        email=request.POST.get("email", ""),
        password=request.POST.get("password", ""),
        network=Device(client_address(request), "").neighbourhood,
        now=now(),
    )
    request.session.cycle_key()
    offered = sms_factor.offered_to(user, now=now())
    if not offered.is_asked:
        _remember(request, user, ("pwd",))
        return
    asked = challenges.ask(
        challenge_id=new_id(), user=user, purpose=SIGN_IN, amr=("pwd",), now=now()
    )
    request.session[_STATE] = {"challenge": challenges.token_of(asked)}
    if SMS in offered.methods and not _strong(user):
        sms_factor.send(asked=asked, network=network_of(client_address(request)), now=now())


def _second_factor(request: HttpRequest) -> None:
    spend("sign_in", f"address:{network_of(client_address(request))}")
    token = str(request.session.get(_STATE, {}).get("challenge", ""))
    asked = challenges.by_token(token, purpose=SIGN_IN, now=now())
    assert asked.user is not None
    answer = _answer(request, asked.user)
    challenges.answer(challenge_id=asked.pk, user=asked.user, answer=answer, now=now())
    with unit_of_work("auth"):
        proved = challenges.use(challenge_id=asked.pk, now=now())
    second = () if answer.method == SMS else ("mfa",)
    _remember(request, asked.user, tuple(dict.fromkeys((*proved.amr, *second))))


def _answer(request: HttpRequest, user: User) -> challenges.Answer:
    """Return what was typed; six digits are an app's where there is one, else those of an SMS."""
    said = request.POST.get("credential", "")
    if said:
        try:
            return challenges.Answer(PASSKEY, credential=msgspec.json.decode(said, type=dict))
        except (msgspec.DecodeError, UnicodeError):
            return challenges.Answer(PASSKEY)
    code = request.POST.get("code", "").strip()
    if len(code) != DIGITS:
        return challenges.Answer(RECOVERY_CODE, code)
    return challenges.Answer(TOTP if TOTP in _strong(user) else SMS, code)


def _strong(user: User) -> tuple[str, ...]:
    return selectors.second_factors(user_id=user.pk)


def _remember(request: HttpRequest, user: User, amr: tuple[str, ...]) -> None:
    request.session.cycle_key()
    request.session[_STATE] = {
        "user": str(user.pk),
        "amr": list(amr),
        "at": now().timestamp(),
        "mark": _mark(user),
    }


def present(request: HttpRequest) -> Presence | None:
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


def second_step(request: HttpRequest) -> dict[str, Any]:
    """Return what the page shows of the second factor, where the first has been proved."""
    token = str(request.session.get(_STATE, {}).get("challenge", ""))
    try:
        asked = challenges.by_token(token, purpose=SIGN_IN, now=now())
        methods = sms_factor.offered_to(asked.user, now=now()).methods if asked.user else ()
    except Refusal:
        return {"methods": ()}
    options = challenges.passkey_options(asked) if PASSKEY in methods else None
    return {"methods": methods, "passkey_options": options}


def _mark(user: User) -> str:
    """Return what changes with the password, without being of use to whoever reads it."""
    return salted_hmac("vortex.auth.oauth", user.password, algorithm="sha256").hexdigest()
