"""Linking an account to one at another bank, and bringing in what that bank says.

A link only ever adds to the history of an account that another bank keeps: no money moves. What is
read is whole days, and days that were read before are read again, because banks book late; the
ledger leaves out what it has. So a sync that dies half way, or runs twice, brings nothing in twice.
"""

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from apps.accounts.adapters.banks import bank
from apps.accounts.adapters.banks.port import (
    Bank,
    BankRefusedError,
    BankTalksNonsenseError,
    BankUnavailableError,
    OutsideAccount,
    OutsideLine,
    Tokens,
)
from apps.accounts.contracts import (
    AccountLinked,
    AccountStatus,
    ConsentStatus,
    LinkReauthRequired,
    LinkStatus,
    LinkSyncCompleted,
    Product,
)
from apps.accounts.models import Account, Consent, Link
from apps.accounts.selectors import links as selectors
from apps.accounts.services.consenting import (
    expire_consent,
    locked_consent,
    offered_by,
    seal_tokens,
    tokens_of,
)
from apps.accounts.services.unlinking import locked_link
from apps.transactions.contracts import History, HistoryLine
from vortex.binding import bind
from vortex.db import needs_transaction, refusing, unit_of_work
from vortex.errors import Conflict, NotFound, Refused, Unavailable
from vortex.ids import derived_id
from vortex.outbox import publish
from vortex.telemetry import get_logger

EVERY: Final = timedelta(hours=6)
AGAIN_AFTER: Final = timedelta(minutes=15)
_FIRST_LOOK: Final = timedelta(days=730)
_LOOK_BACK: Final = timedelta(days=7)
_BATCH: Final = 5_000
_AT_ONCE: Final = 20
_SOON: Final = timedelta(seconds=30)

log = get_logger(__name__)


class NotAnExternalAccount(
    Refused, code="not_an_external_account", title="Not an account at another bank"
):
    """Only an open account of the product `external` shows what another bank says."""


class AlreadyLinked(Conflict, code="account_already_linked", title="Already linked"):
    """The account is linked, or the account at the other bank is linked to another of yours."""


class NotOffered(NotFound, code="outside_account_not_offered", title="Account not offered"):
    """The agreement does not cover an account of this id in this currency."""


class ConsentNotAuthorised(Conflict, code="consent_not_authorised", title="Agreement not in force"):
    """The agreement with the other bank was not given yet, or is over."""


def link_account(
    *, link_id: UUID, account: Account, consent: Consent, external_account_id: str, at: datetime
) -> Link:
    """Link an account to one that a consent covers. A second call with the id links nothing more.

    An account whose link failed or waits for its owner is linked anew by this.
    """
    known = Link.objects.filter(pk=link_id, account_id=account.pk).first()
    if known is not None:
        return known
    if account.product != Product.EXTERNAL or account.status is AccountStatus.CLOSED:
        raise NotAnExternalAccount
    outside = _offered(consent, external_account_id, account.currency)
    taken = {
        "accounts_link_one_live": AlreadyLinked,
        "accounts_link_outside_once": AlreadyLinked,
        "accounts_link_pkey": AlreadyLinked,
    }
    with refusing(taken), unit_of_work("accounts"):
        if locked_consent(consent.pk).status != ConsentStatus.AUTHORISED:
            raise ConsentNotAuthorised
        again = _waiting_link(account, consent, outside, at)
        return again or _linked(link_id, account, consent, outside, at)


def sync_link(*, link_id: UUID, owner_id: UUID, now: datetime) -> Link:
    """Bring in what the bank has booked since; a link that the bank refuses waits for its owner.

    Never raises for what another bank does: the link says what is the matter.
    """
    link = selectors.link_of(link_id=link_id, owner_id=owner_id)
    if link.status != LinkStatus.LINKED:
        return link
    consent = selectors.consent_of(consent_id=link.consent_id, owner_id=owner_id)
    if consent.status != ConsentStatus.AUTHORISED or consent.expires_at <= now:
        return _needs_agreement(link, "consent_expired", now)
    return _tried(link, consent, now)


def sync_due_links(*, now: datetime) -> int:
    """Bring in what is due, a few at a time; return how many links were asked about."""
    due = selectors.links_due(now=now, limit=_AT_ONCE)
    for link in due:
        sync_link(link_id=link.pk, owner_id=link.owner_id, now=now)
    return len(due)


def end_ended_consents(*, now: datetime) -> int:
    """Mark consents whose time is over and ask their owners to agree again; return how many."""
    ended = selectors.consents_ended(now=now)
    for consent in ended:
        for link in selectors.live_links_of_consent(consent_id=consent.pk):
            _needs_agreement(link, "consent_expired", now)
        with unit_of_work("accounts"):
            fresh = locked_consent(consent.pk)
            if fresh.status == ConsentStatus.AUTHORISED:
                expire_consent(fresh)
    return len(ended)


def _offered(consent: Consent, external_account_id: str, currency: str) -> OutsideAccount:
    if consent.status != ConsentStatus.AUTHORISED:
        raise ConsentNotAuthorised
    for one in offered_by(consent):
        if one.external_id == external_account_id and one.currency == currency:
            return one
    raise NotOffered


@needs_transaction("accounts")
def _waiting_link(
    account: Account, consent: Consent, outside: OutsideAccount, at: datetime
) -> Link | None:
    """Take up a link that waits for its owner, if it is about the same account over there."""
    live = selectors.live_link_of_account(account_id=account.pk)
    if live is None:
        return None
    link = locked_link(live.pk)
    same = (link.bank, link.external_account_id) == (consent.bank, outside.external_id)
    if link.status not in {LinkStatus.REAUTH_REQUIRED, LinkStatus.FAILED} or not same:
        raise AlreadyLinked
    link.consent_id, link.problem, link.due_at = consent.pk, "", at
    link.status = LinkStatus.LINKED.value
    link.save(update_fields=["consent_id", "problem", "due_at", "status"])
    _tell_linked(link, at)
    return link


@needs_transaction("accounts")
def _linked(
    link_id: UUID, account: Account, consent: Consent, outside: OutsideAccount, at: datetime
) -> Link:
    link = Link.objects.create(
        pk=link_id,
        account_id=account.pk,
        owner_id=account.owner_id,
        consent_id=consent.pk,
        bank=consent.bank,
        external_account_id=outside.external_id,
        external_number=outside.number,
        currency=account.currency,
        status=LinkStatus.LINKED.value,
        due_at=at,
        created_at=at,
    )
    _tell_linked(link, at)
    return link


def _tell_linked(link: Link, at: datetime) -> None:
    publish(
        AccountLinked(
            account_id=link.account_id,
            owner_id=link.owner_id,
            link_id=link.pk,
            bank=link.bank,
            linked_at=at,
        )
    )


def _tried(link: Link, consent: Consent, now: datetime) -> Link:
    try:
        return _brought_in(link, consent, now)
    except BankRefusedError:
        return _needs_agreement(link, "refused", now)
    except BankUnavailableError:
        return _later(link, "bank_not_reached", now)
    except Unavailable:
        return _later(link, "ledger_not_reached", now)
    except BankTalksNonsenseError as error:
        log.warning("accounts.link.nonsense", link_id=str(link.pk), reason=str(error))
        return _failed(link, now)


def _brought_in(link: Link, consent: Consent, now: datetime) -> Link:
    other = bank(link.bank)
    tokens = _fresh_tokens(other, consent, now)
    outside = OutsideAccount(
        external_id=link.external_account_id,
        currency=link.currency,
        number=link.external_number,
        name="",
    )
    since = (link.synced_until_date or now.date() - _FIRST_LOOK) - _LOOK_BACK
    lines = other.lines(tokens, outside, since=since)
    balance_minor = other.booked_minor(tokens, outside)
    if link.synced_until_date is None:
        lines = (*_brought_forward(lines, balance_minor, since), *lines)
    posted = _add_history(link, lines, now)
    return _settled(link, balance_minor, posted, now)


def _fresh_tokens(other: Bank, consent: Consent, now: datetime) -> Tokens:
    """Return tokens that are good for this sync, renewed where they have to be.

    Should the process die between the bank's answer and our row, a bank that renews the refresh
    token too refuses the old one next time, and the customer agrees again.
    """
    tokens = tokens_of(consent)
    if tokens.access_expires_at > now + _SOON:
        return tokens
    tokens = other.refreshed(tokens, at=now)
    with unit_of_work("accounts"):
        fresh = locked_consent(consent.pk)
        if fresh.status == ConsentStatus.AUTHORISED:
            fresh.sealed_tokens = seal_tokens(tokens)
            fresh.save(update_fields=["sealed_tokens"])
    return tokens


def _brought_forward(
    lines: tuple[OutsideLine, ...], balance_minor: int, since: date
) -> tuple[OutsideLine, ...]:
    """Return what was there before the first line: the history ends at the bank's balance."""
    before = balance_minor - sum(line.amount_minor for line in lines)
    day = min((line.booked_date for line in lines), default=since) - timedelta(days=1)
    told = OutsideLine(
        booked_date=day, amount_minor=before, description="Balance brought forward", counterparty=""
    )
    return (told,) if before else ()


def _add_history(link: Link, lines: tuple[OutsideLine, ...], now: datetime) -> int:
    """Add lines to the account's history, whole days at a time; return how many were new."""
    posted, moving = 0, [line for line in lines if line.amount_minor]
    while moving:
        day = moving[min(_BATCH, len(moving)) - 1].booked_date
        batch = [line for line in moving if line.booked_date <= day]
        moving = [line for line in moving if line.booked_date > day]
        added = bind(History).add_history(
            batch_id=derived_id(now, "link", str(link.pk), str(day)),
            account_id=link.account_id,
            lines=tuple(
                HistoryLine(
                    booked_date=min(line.booked_date, now.date()),
                    amount_minor=line.amount_minor,
                    description=line.description,
                    counterparty=line.counterparty,
                )
                for line in batch
            ),
        )
        posted += added.posted
    return posted


def _settled(link: Link, balance_minor: int, posted: int, now: datetime) -> Link:
    with unit_of_work("accounts"):
        fresh = locked_link(link.pk)
        fresh.bank_balance_minor, fresh.synced_at, fresh.problem = balance_minor, now, ""
        fresh.synced_until_date, fresh.due_at = now.date(), now + EVERY
        fresh.save(
            update_fields=[
                *("bank_balance_minor", "synced_at", "problem", "synced_until_date", "due_at"),
            ]
        )
        if posted:
            publish(
                LinkSyncCompleted(
                    account_id=fresh.account_id,
                    owner_id=fresh.owner_id,
                    link_id=fresh.pk,
                    posted=posted,
                    synced_at=now,
                )
            )
        return fresh


def _needs_agreement(link: Link, reason: str, now: datetime) -> Link:
    with unit_of_work("accounts"):
        fresh = locked_link(link.pk)
        if fresh.status != LinkStatus.LINKED:
            return fresh
        fresh.status, fresh.problem = LinkStatus.REAUTH_REQUIRED.value, reason
        fresh.save(update_fields=["status", "problem"])
        publish(
            LinkReauthRequired(
                account_id=fresh.account_id,
                owner_id=fresh.owner_id,
                link_id=fresh.pk,
                bank=fresh.bank,
                reason=reason,
                required_at=now,
            )
        )
        return fresh


def _later(link: Link, problem: str, now: datetime) -> Link:
    return _noted(link, {"problem": problem, "due_at": now + AGAIN_AFTER})


def _failed(link: Link, now: datetime) -> Link:
    """Stop asking a bank that answers with something else, until its customer agrees again."""
    return _noted(
        link, {"status": LinkStatus.FAILED.value, "problem": "bank_answer_refused", "due_at": now}
    )


def _noted(link: Link, changes: dict[str, object]) -> Link:
    with unit_of_work("accounts"):
        fresh = locked_link(link.pk)
        if fresh.status == LinkStatus.LINKED:
            for name, value in changes.items():
                setattr(fresh, name, value)
            fresh.save(update_fields=list(changes))
        return fresh
