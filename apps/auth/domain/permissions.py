"""Who may do what: one table of roles, asked through one function, and the scopes of programs.

A permission is `<context>.<what>`. `OWN` gives it for what belongs to the person, `ANY` for
everybody's. What the table does not say is not allowed.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final
from uuid import UUID


class Reach(StrEnum):
    """How far a permission goes."""

    OWN = "own"
    ANY = "any"


_CUSTOMER: Final = {
    "users.read": Reach.OWN,
    "users.change": Reach.OWN,
    "accounts.read": Reach.OWN,
    "accounts.change": Reach.OWN,
    "transactions.read": Reach.OWN,
    "payments.read": Reach.OWN,
    "payments.make": Reach.OWN,
    "chat.write": Reach.OWN,
}
PERMISSIONS: Final[dict[str, dict[str, Reach]]] = {
    "customer": _CUSTOMER,
    "support_agent": {
        "users.read": Reach.ANY,
        "accounts.read": Reach.ANY,
        "transactions.read": Reach.ANY,
        "payments.read": Reach.ANY,
        "chat.write": Reach.ANY,
        "users.unlock": Reach.ANY,
        "users.reset_factors": Reach.ANY,
        "users.impersonate": Reach.ANY,
    },
    "analyst": {"analytics.read": Reach.ANY, "transactions.read": Reach.ANY},
    "compliance_officer": {
        "users.read": Reach.ANY,
        "users.suspend": Reach.ANY,
        "users.unlock": Reach.ANY,
        "users.reset_factors": Reach.ANY,
        "accounts.read": Reach.ANY,
        "accounts.freeze": Reach.ANY,
        "transactions.read": Reach.ANY,
        "payments.read": Reach.ANY,
        "security.audit": Reach.ANY,
    },
    "administrator": {
        "users.read": Reach.ANY,
        "users.suspend": Reach.ANY,
        "users.unlock": Reach.ANY,
        "users.reset_factors": Reach.ANY,
        "users.roles": Reach.ANY,
        "config.change": Reach.ANY,
    },
}

# What a program may be allowed, per context; nothing of auth, whose keys would open everything.
SCOPES: Final = tuple(
    f"{context}:{access}"
    for context in ("accounts", "transactions", "payments", "analytics", "ai", "notifications")
    for access in ("read", "write")
)


def allows(
    roles: Iterable[str], permission: str, *, user_id: UUID, owner_id: UUID | None = None
) -> bool:
    """Say whether somebody with these roles may do this to what belongs to `owner_id`.

    Without an owner the question is about everybody's, so a reach of OWN is not enough.
    """
    reaches = {PERMISSIONS.get(role, {}).get(permission) for role in roles}
    return Reach.ANY in reaches or (Reach.OWN in reaches and owner_id == user_id)
