"""Sharing an account: the states of a membership, and which rights go together."""

import hashlib
from enum import StrEnum
from typing import Final

from apps.accounts.contracts import InvalidMember, Role

MOST: Final = 10
MOST_WRONG_CODES: Final = 10


class State(StrEnum):
    """Where a membership is: an invitation, a member, or over."""

    INVITED = "invited"
    ACCEPTING = "accepting"
    ACTIVE = "active"
    REMOVING = "removing"
    REMOVED = "removed"
    DECLINED = "declined"


# What counts towards the most, and what can be removed.
OPEN: Final = (State.INVITED, State.ACCEPTING, State.ACTIVE, State.REMOVING)


def check_rights(role: Role, *, may_pay: bool, pay_minor: int | None) -> None:
    """Refuse rights that do not go together: a joint holder pays without an amount of their own."""
    if role is Role.OWNER:
        raise InvalidMember("an account has one owner, who opened it")
    if pay_minor is not None and pay_minor < 0:
        raise InvalidMember("an amount a day is zero or more")
    if role is Role.JOINT and (not may_pay or pay_minor is not None):
        raise InvalidMember("a joint holder may pay, within the limits of the account")
    if role is Role.DELEGATE and may_pay != (pay_minor is not None):
        raise InvalidMember("a delegate who may pay has an amount a day, and no other has one")


def code_hash(code: str) -> bytes:
    """Return what is kept of an invitation's code, however it was typed."""
    said = "".join(code.upper().split()).replace("-", "")
    return hashlib.sha256(b"vortex.accounts.invitation:" + said.encode()).digest()


def canonical_email(email: str) -> str:
    """Return an address as invitations and people are compared by it: without case."""
    return email.strip().casefold()
