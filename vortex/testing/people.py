"""Callers for tests: a principal, and an HTTP client that is signed in as one."""

from typing import TYPE_CHECKING
from uuid import UUID

from vortex.contracts import Principal
from vortex.ids import new_id

if TYPE_CHECKING:
    from rest_framework.test import APIClient


def person(*roles: str, user_id: UUID | None = None) -> Principal:
    """Return somebody new, a customer unless roles are named."""
    return Principal(
        user_id=user_id or new_id(),
        session_id=new_id(),
        roles=roles or ("customer",),
        amr=("pwd",),
    )


def client_of(principal: Principal | None) -> "APIClient":
    """Return an HTTP client that the API takes for this principal, or for nobody."""
    from rest_framework.test import APIClient

    client = APIClient(raise_request_exception=True)
    if principal is not None:
        client.force_authenticate(user=principal)  # type: ignore[arg-type]
    client.default_format = "json"
    return client
