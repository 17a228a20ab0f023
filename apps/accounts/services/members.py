"""Sharing an account: invited by its owner, accepted with the code, until either ends it.

What changes in the ledger is written down before the ledger hears of it; whoever comes next can
finish it. Here a membership counts from the moment the ledger knows it, and no more from the moment
that its end was asked for.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from apps.accounts import selectors
from apps.accounts.conf import CHANGE_ABANDONED_AFTER
from apps.accounts.contracts import (
    AccountMemberAdded,
    AccountMemberRemoved,
    InvalidMember,
    InvitationOver,
    MemberNotFound,
    Role,
    TooManyMembers,
    WrongInvitationCode,
)
from apps.accounts.domain.members import (
    MOST,
    MOST_WRONG_CODES,
    State,
    canonical_email,
    check_rights,
    code_hash,
)
from apps.accounts.models import Account, Member
from apps.accounts.selectors import members as reads
from apps.accounts.services.rows import locked
from apps.transactions.contracts import Channel, LedgerAccounts, Period, SpendingLimit
from vortex.binding import bind
from vortex.db import needs_transaction, refusing, unit_of_work
from vortex.errors import Unavailable
from vortex.outbox import publish
from vortex.telemetry import get_logger

_LASTS: Final = timedelta(days=7)
_AT_ONCE: Final = 100
# Without what looks alike; 12 of them are 58 bits.
_LETTERS: Final = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"

log = get_logger(__name__)


@dataclass(frozen=True)
class Rights:
    """What a member may do: see, or pay up to an amount a day; a joint holder without one."""

    role: Role
    may_pay: bool
    pay_minor: int | None


def invite(
    *, member_id: UUID, account: Account, email: str, rights: Rights, invited_at: datetime
) -> tuple[Member, str]:
    """Invite somebody to share an account; return the invitation and its code, said only now.

    Whether anybody has the address is neither asked nor said. A second call gives another code.
    """
    check_rights(rights.role, may_pay=rights.may_pay, pay_minor=rights.pay_minor)
    address = canonical_email(email)
    if address == reads.email_of(user_id=account.owner_id):
        raise InvalidMember("this is the owner's own address")
    code = "".join(secrets.choice(_LETTERS) for _ in range(12))
    taken = {"accounts_member_once": InvalidMember, "accounts_member_pkey": InvitationOver}
    with refusing(taken), unit_of_work("accounts"):
        locked(account.pk)
        former = Member.objects.filter(pk=member_id, state=State.INVITED.value).first()
        if former is not None:  # the same request again: its first code was never read
            former.code_hash = code_hash(code)
            former.save(update_fields=["code_hash"])
            return former, _spelled(code)
        if reads.members(account_id=account.pk).count() >= MOST:
            raise TooManyMembers(most=MOST)
        member = Member.objects.create(
            id=member_id,
            account_id=account.pk,
            email=address,
            role=rights.role.value,
            may_pay=rights.may_pay,
            pay_minor=rights.pay_minor,
            state=State.INVITED.value,
            code_hash=code_hash(code),
            invited_by=account.owner_id,
            invited_at=invited_at,
            expires_at=invited_at + _LASTS,
            changed_at=invited_at,
        )
    return member, _spelled(code)


def accept(*, member_id: UUID, email: str, user_id: UUID, code: str, at: datetime) -> Member:
    """Accept an invitation with the code that its owner handed over. Twice is once."""
    asked = reads.invitation_to(member_id=member_id, email=email)
    with unit_of_work("accounts"):
        member = _locked(asked.pk)
        if member.state == State.ACTIVE and member.user_id == user_id:
            return member
        if member.state == State.ACCEPTING and member.user_id == user_id:
            is_right = True  # a former attempt died on the way
        else:
            _check_open(member, at)
            is_right = secrets.compare_digest(bytes(member.code_hash), code_hash(code))
            _note_answer(member, user_id, at, is_right=is_right)
    if not is_right:
        raise WrongInvitationCode(member_id=str(member_id))
    return _admit(member, at)


def admit(
    *, member_id: UUID, account: Account, user_id: UUID, rights: Rights, at: datetime
) -> Member:
    """Let somebody share an account at the bank's word, without an invitation. Twice is once."""
    check_rights(rights.role, may_pay=rights.may_pay, pay_minor=rights.pay_minor)
    email = reads.email_of(user_id=user_id)
    with refusing({"accounts_member_once": InvalidMember}), unit_of_work("accounts"):
        locked(account.pk)
        member = Member.objects.filter(pk=member_id).first() or Member.objects.create(
            id=member_id,
            account_id=account.pk,
            email=email,
            user_id=user_id,
            role=rights.role.value,
            may_pay=rights.may_pay,
            pay_minor=rights.pay_minor,
            state=State.ACCEPTING.value,
            code_hash=b"",
            invited_by=account.owner_id,
            invited_at=at,
            expires_at=at,
            changed_at=at,
        )
    return _admit(member, at) if member.state == State.ACCEPTING else member


def decline(*, member_id: UUID, email: str, user_id: UUID, at: datetime) -> None:
    """Decline an invitation; declining twice is declining once."""
    asked = reads.invitation_to(member_id=member_id, email=email)
    with unit_of_work("accounts"):
        member = _locked(asked.pk)
        if member.state == State.DECLINED:
            return
        _check_open(member, at)
        member.state, member.changed_by, member.changed_at = State.DECLINED.value, user_id, at
        member.save(update_fields=["state", "changed_by", "changed_at"])


def remove(*, member_id: UUID, removed_by: UUID, at: datetime) -> None:
    """End a membership or withdraw an invitation; when this returns the ledger knows it."""
    with unit_of_work("accounts"):
        member = _locked(member_id)
        if member.state not in {State.INVITED, State.ACCEPTING, State.ACTIVE, State.REMOVING}:
            return
        never_came = member.state == State.INVITED
        member.state = (State.REMOVED if never_came else State.REMOVING).value
        member.changed_by, member.changed_at = removed_by, at
        member.save(update_fields=["state", "changed_by", "changed_at"])
    if not never_came:
        _dismiss(member, at)


def finish_abandoned(*, now: datetime) -> int:
    """Finish every admission and removal whose process died; return how many there were."""
    half = [State.ACCEPTING.value, State.REMOVING.value]
    begun = Member.objects.filter(state__in=half, changed_at__lt=now - CHANGE_ABANDONED_AFTER)
    found = list(begun.order_by("changed_at")[:_AT_ONCE])
    for member in found:
        try:
            (_admit if member.state == State.ACCEPTING else _dismiss)(member, now)
        except Unavailable:  # the next run tries again
            log.warning("accounts.member.not_finished", member_id=str(member.pk))
    return len(found)


def _admit(member: Member, at: datetime) -> Member:
    """Let the ledger know: the amount first, so that there is no moment without it."""
    if member.user_id is None:
        raise RuntimeError("nobody has accepted this invitation")
    ledger = bind(LedgerAccounts)
    ledger.set_limits(
        account_id=member.account_id, spender_id=member.user_id, limits=_limits(member)
    )
    ledger.grant(account_id=member.account_id, user_id=member.user_id, may_pay=member.may_pay)
    with unit_of_work("accounts"):
        now_known = _locked(member.pk)
        if now_known.state == State.ACCEPTING:
            now_known.state, now_known.changed_at = State.ACTIVE.value, at
            now_known.save(update_fields=["state", "changed_at"])
            publish(
                AccountMemberAdded(
                    account_id=member.account_id,
                    owner_id=member.invited_by,
                    member_id=member.pk,
                    user_id=member.user_id,
                    role=member.role,
                    may_pay=member.may_pay,
                    pay_minor=member.pay_minor,
                    added_at=at,
                )
            )
    if now_known.state in {State.REMOVING, State.REMOVED}:  # meanwhile: the end has the last word
        _dismiss(now_known, at)
    return now_known


def _dismiss(member: Member, at: datetime) -> None:
    if member.user_id is None:
        raise RuntimeError("nobody has accepted this invitation")
    bind(LedgerAccounts).revoke(account_id=member.account_id, user_id=member.user_id)
    with unit_of_work("accounts"):
        now_known = _locked(member.pk)
        if now_known.state != State.REMOVING:
            return
        now_known.state, now_known.changed_at = State.REMOVED.value, at
        now_known.save(update_fields=["state", "changed_at"])
        account = selectors.account(account_id=member.account_id)
        publish(
            AccountMemberRemoved(
                account_id=account.pk,
                owner_id=account.owner_id,
                member_id=member.pk,
                user_id=member.user_id,
                removed_by=now_known.changed_by or account.owner_id,
                removed_at=at,
            )
        )


def _spelled(code: str) -> str:
    return f"{code[:4]}-{code[4:8]}-{code[8:]}"


def _limits(member: Member) -> tuple[SpendingLimit, ...]:
    if member.pay_minor is None:
        return ()
    return (SpendingLimit(period=Period.DAY, channel=Channel.ANY, amount_minor=member.pay_minor),)


def _check_open(member: Member, at: datetime) -> None:
    if member.state != State.INVITED or member.expires_at <= at:
        raise InvitationOver(member_id=str(member.pk))


@needs_transaction("accounts")
def _note_answer(member: Member, user_id: UUID, at: datetime, *, is_right: bool) -> None:
    if is_right:
        member.state, member.user_id = State.ACCEPTING.value, user_id
        member.changed_by, member.changed_at = user_id, at
    else:
        member.wrong_codes += 1
        if member.wrong_codes >= MOST_WRONG_CODES:
            member.state = State.REMOVED.value
    member.save(update_fields=["state", "user_id", "changed_by", "changed_at", "wrong_codes"])


@needs_transaction("accounts")
def _locked(member_id: UUID) -> Member:
    found = Member.objects.select_for_update().filter(pk=member_id).first()
    if found is None:
        raise MemberNotFound(member_id=str(member_id))
    return found
