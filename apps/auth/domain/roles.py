"""The roles that a person can hold; nothing else gives authority."""

from typing import Final

from vortex.contracts import STAFF_ROLES

CUSTOMER: Final = "customer"
ADMINISTRATOR: Final = "administrator"
ROLES: Final = (CUSTOMER, *STAFF_ROLES)


def is_staff_role(role: str) -> bool:
    """Say whether a role opens the administration."""
    return role in STAFF_ROLES
