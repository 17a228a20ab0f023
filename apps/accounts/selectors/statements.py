"""Reads of statements."""

import zlib
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

import msgspec
from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from apps.accounts.contracts import Product
from apps.accounts.domain.statement import GRACE, StatementDocument, start_of
from apps.accounts.models import Account, Statement
from vortex.errors import NotFound

_BARE: Final = ("document", "document_sha256")


class StatementNotFound(NotFound, code="statement_not_found", title="Statement not found"):
    """There is no such statement of this account."""


class DamagedStatementError(RuntimeError):
    """A statement's document is not the one that was issued: somebody changed the row."""


def statements_of_account(*, account_id: UUID) -> QuerySet[Statement]:
    """Return an account's statements without their documents, in no order."""
    return Statement.objects.filter(account_id=account_id).defer(*_BARE)


def statement_of_account(*, account_id: UUID, statement_id: UUID) -> Statement:
    """Return one statement of an account; another account's is not found."""
    found = Statement.objects.filter(pk=statement_id, account_id=account_id).first()
    if found is None:
        raise StatementNotFound
    return found


def document_of(statement: Statement) -> StatementDocument:
    """Return what a statement says, after making sure that it is what was issued."""
    written = zlib.decompress(bytes(statement.document))
    if sha256(written).digest() != bytes(statement.document_sha256):
        raise DamagedStatementError(str(statement.pk))
    return msgspec.json.decode(written, type=StatementDocument)


def latest_statement(*, account_id: UUID) -> Statement | None:
    """Return the last statement that was issued for an account, or None before the first."""
    return statements_of_account(account_id=account_id).order_by("-number").first()


def accounts_without_statement(*, now: datetime, after: UUID | None, limit: int) -> list[Account]:
    """Return accounts that a month has ended for without a statement, in id order.

    An account that was closed gets its last statement for the month in which it was. Accounts that
    another bank keeps have their statements from there.
    """
    this_month = (now - GRACE).date().replace(day=1)
    latest = (
        Statement.objects.filter(account_id=OuterRef("pk"))
        .order_by("-number")
        .values("last_date")[:1]
    )
    never = Q(told_until__isnull=True, opened_at__lt=start_of(this_month))
    behind = Q(told_until__lt=this_month - timedelta(days=1))
    still_open = Q(closed_at__isnull=True) | Q(closed_at__date__gt=F("told_until"))
    found = (
        Account.objects.annotate(told_until=Subquery(latest))
        .filter(never | (behind & still_open))
        .exclude(product=Product.EXTERNAL)
    )
    if after is not None:
        found = found.filter(pk__gt=after)
    return list(found.order_by("pk")[:limit])
