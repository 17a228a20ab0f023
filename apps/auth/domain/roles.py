"""The roles that a person can hold; nothing else gives authority."""

from typing import Final

from apps.auth.contracts import UnknownRole
from vortex.contracts import STAFF_ROLES

CUSTOMER: Final = "customer"
ADMINISTRATOR: Final = "administrator"
ROLES: Final = (CUSTOMER, *STAFF_ROLES)


def is_staff_role(role: str) -> bool:
    """Say whether a role opens the administration."""
    return role in STAFF_ROLES


def checked_roles(roles: tuple[str, ...]) -> tuple[str, ...]:
    """Return roles without repetition, or refuse one that does not exist."""
    unknown = sorted(set(roles) - set(ROLES))
    if unknown:
        raise UnknownRole(f"there is no role {', '.join(unknown)[:80]!r}", known=list(ROLES))
    return tuple(dict.fromkeys(roles))
