"""People that tests are about, registered as the bank registers them, and where they are kept."""

from typing import Any, Final

from apps.auth.domain.device import Device
from apps.auth.models import User
from apps.auth.services import registration, signing_in, staffing
from apps.auth.services.issuing import Tokens
from vortex.clock import now
from vortex.db import alias_of
from vortex.ids import new_id

# The database of auth, which has another alias where auth is a service of its own.
OWN: Final = alias_of("auth")

PASSWORD: Final = "a long enough pass phrase"
SOMEWHERE: Final = Device("203.0.113.77", "a browser")


def a_user(**told: Any) -> User:
    """Register somebody; name only what the test is about."""
    return registration.register(
        user_id=told.pop("user_id", None) or new_id(),
        email=told.pop("email", f"{new_id().hex}@example.com"),
        full_name=told.pop("full_name", "Ada Lovelace"),
        password=told.pop("password", PASSWORD),
        roles=told.pop("roles", ("customer",)),
        registered_at=now(),
        **told,
    )


def sign_in(user: User, password: str = PASSWORD) -> Tokens:
    """Open a session of somebody."""
    return signing_in.sign_in(email=user.email, password=password, device=SOMEWHERE, now=now())


def reactivated(user: User) -> None:
    """Let somebody sign in again, as an administrator does."""
    staffing.reactivate(
        user_id=user.pk, staff_id=a_user(roles=("administrator",)).pk, reason="Seen.", now=now()
    )
