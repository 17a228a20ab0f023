"""Who may: roles for whole views, and ownership for single objects."""

from functools import cache
from uuid import UUID

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from vortex.contracts import Principal
from vortex.errors import NotFound


@cache
def RequiresRole(*roles: str) -> type[BasePermission]:  # noqa: N802 - stands where a class does
    """Return the DRF permission that asks for a role: `[RequiresRole("administrator")]`."""

    class HasRole(BasePermission):
        message = f"This needs the role {' or '.join(roles)}."

        def has_permission(self, request: Request, view: APIView) -> bool:
            del view
            principal: object = request.user
            return isinstance(principal, Principal) and principal.has_role(*roles)

    return HasRole


def only_own(
    principal: Principal, owner_id: UUID, *, absent: NotFound, unless: tuple[str, ...] = ()
) -> None:
    """Refuse somebody else's object with `absent`, unless the caller has one of the roles.

    The refusal is the same as for an object that does not exist, so that ids cannot be tried out.
    """
    if principal.user_id != owner_id and not principal.has_role(*unless):
        raise absent
