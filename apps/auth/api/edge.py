"""What auth's views take from a request besides its body: the device, and the person."""

from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.auth import selectors
from apps.auth.conf import SUDO_LIFETIME
from apps.auth.domain.challenges import ONE_FACTOR, TWO_FACTORS
from apps.auth.domain.device import Device
from apps.auth.models import User
from apps.auth.services import stepping_up
from vortex.clock import now
from vortex.errors import Forbidden
from vortex.http.address import client_address
from vortex.identity.authentication import caller


class EmailNotVerified(Forbidden, code="email_not_verified", title="Verify your address first"):
    """Ways to sign in are added once the address is proved: follow the link in the mail."""


class PublicView(APIView):
    """A view that nobody has signed in to; a token that is sent along is not looked at."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


def device_of(request: Request) -> Device:
    """Return where a request comes from."""
    return Device(client_address(request), request.headers.get("User-Agent", ""))


def own_user(request: Request) -> User:
    """Return the person who is calling."""
    return selectors.user(user_id=caller(request).user_id)


def staff_present(request: Request) -> User:
    """Return the member of staff who is calling, if they have lately proved it by two factors."""
    principal = caller(request)
    stepping_up.require(
        user_id=principal.user_id,
        session_id=principal.session_id,
        max_age=SUDO_LIFETIME,
        acr=TWO_FACTORS,
        now=now(),
    )
    return selectors.user(user_id=principal.user_id)


def own_verified_user_present(request: Request) -> User:
    """Return the person who is present and whose address is proved to be theirs; else refuse.

    Whoever registers with somebody else's address must not leave factors of theirs behind.
    """
    user = own_user_present(request)
    if user.email_verified_at is None:
        raise EmailNotVerified
    return user


def own_user_present(request: Request) -> User:
    """Return the person who is calling, if they have proved lately to be there; else refuse."""
    principal = caller(request)
    stepping_up.require(
        user_id=principal.user_id,
        session_id=principal.session_id,
        max_age=SUDO_LIFETIME,
        acr=ONE_FACTOR,
        now=now(),
    )
    return selectors.user(user_id=principal.user_id)
