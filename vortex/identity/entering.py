"""How staff who signed in at auth come into an administration that another deployment serves.

The pages of signing in are auth's and are answered where auth is. What they prove arrives here as a
cookie that is signed, is good for a minute and once, and never leaves the browser that signed in:
it is in no address and no log. Who enters is known from auth's own words, not from a table.
"""

from typing import Any, Final
from uuid import UUID

import msgspec
from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache

from vortex import valkey
from vortex.contracts import STAFF_ROLES
from vortex.ids import new_id
from vortex.telemetry.logs import get_logger

COOKIE: Final = "vortex_staff_entry"
SECOND_FACTOR_OF: Final = "vortex_second_factor"  # in the session: whose second factor it has seen
_SECONDS: Final = 60
# A shadow does not learn that a role was taken away: it signs in again, and auth says so then.
_SHADOWS_STAY_SECONDS: Final = 3_600
_SALT: Final = "vortex.identity.entering"
_BACKEND: Final = "django.contrib.auth.backends.ModelBackend"

log = get_logger("identity.entering")


class Entry(msgspec.Struct, frozen=True):
    """What auth says about a member of staff who has just shown both factors."""

    entry_id: UUID
    user_id: UUID
    email: str
    full_name: str
    roles: tuple[str, ...]
    target: str


def send_to(
    *, user_id: UUID, email: str, full_name: str, roles: tuple[str, ...], target: str, secure: bool
) -> HttpResponse:
    """Return the answer that sends a member of staff to the administration they came from."""
    entry = Entry(new_id(), user_id, email, full_name, roles, target)
    key = settings.VORTEX_RPC_KEYS[0][1]
    signed = signing.dumps(msgspec.to_builtins(entry), key=key, salt=_SALT)
    answer = redirect("admin:enter")
    answer.set_cookie(
        COOKIE,
        signed,
        max_age=_SECONDS,
        path=reverse("admin:enter"),
        secure=secure,
        httponly=True,
        samesite="Strict",
    )
    return answer


@never_cache
def enter(request: HttpRequest) -> HttpResponse:
    """Open the administration for whoever brings an entry; send anybody else to sign in."""
    entry = _entry_of(request.COOKIES.get(COOKIE, ""))
    user = _member(entry) if entry is not None else None
    if entry is None or user is None:
        return _without_cookie(redirect("admin:login"))
    login(request, user, backend=_BACKEND)
    request.session[SECOND_FACTOR_OF] = str(user.pk)
    if hasattr(type(user).objects, "remember"):
        request.session.set_expiry(_SHADOWS_STAY_SECONDS)
    log.info("identity.staff.entered", user_id=str(entry.user_id))
    host = {request.get_host()}
    safe = url_has_allowed_host_and_scheme(entry.target, allowed_hosts=host)
    return _without_cookie(HttpResponseRedirect(entry.target) if safe else redirect("admin:index"))


def _entry_of(signed: str) -> Entry | None:
    """Return what a cookie says, where one of the bank's keys signed it lately, and only once."""
    for _, key in settings.VORTEX_RPC_KEYS:
        try:
            said = signing.loads(signed, key=key, salt=_SALT, max_age=_SECONDS)
            entry = msgspec.convert(said, Entry)
        except (signing.BadSignature, msgspec.ValidationError):
            continue
        return entry if _is_first(entry) else None
    return None


def _is_first(entry: Entry) -> bool:
    """Say whether nobody has entered by this entry; where that cannot be known, nobody enters."""
    try:
        known = valkey.client().set(f"staff:entered:{entry.entry_id}", 1, nx=True, ex=2 * _SECONDS)
    except valkey.FAILURES:
        log.warning("identity.entering.cannot_be_known")
        return False
    return bool(known)


def _member(entry: Entry) -> Any:
    """Return the member of staff; a shadow of them where their table is not this deployment's."""
    users: Any = get_user_model().objects
    if set(entry.roles).isdisjoint(STAFF_ROLES):
        return None
    if hasattr(users, "remember"):
        return users.remember(
            user_id=entry.user_id,
            email=entry.email,
            full_name=entry.full_name,
            roles=entry.roles,
            is_active=True,
        )
    user = users.filter(pk=entry.user_id).first()
    return user if user is not None and user.is_active and user.is_staff else None


def _without_cookie(answer: HttpResponse) -> HttpResponse:
    answer.delete_cookie(COOKIE, path=reverse("admin:enter"), samesite="Strict")
    return answer
