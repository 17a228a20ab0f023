"""The ledger's tables; sql/0001_schema.sql holds the laws that PostgreSQL keeps over them.

Only the function in sql/0002_engine.sql writes postings and entries, and they are never changed.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from apps.transactions.models.bulk import BulkItem, BulkJob, BulkOutcome
from apps.transactions.models.filing import (
    Attachment,
    Dispute,
    Reconciliation,
    ReconciliationItem,
    Split,
)
from apps.transactions.models.imports import ImportRow, StatementImport, StoredFile
from apps.transactions.models.reviews import (
    Review,
)
from apps.transactions.models.rules import Rule, RuleRun, TransferPair

# Published here, written in the modules beside.
__all__ = [
    "Account",
    "Annotation",
    "Attachment",
    "BulkItem",
    "BulkJob",
    "BulkOutcome",
    "Category",
    "ChainHead",
    "ChainLink",
    "Dispute",
    "Entry",
    "Filing",
    "Hold",
    "ImportRow",
    "PartialReversal",
    "Posting",
    "Quote",
    "Rate",
    "Reconciliation",
    "ReconciliationItem",
    "Reversal",
    "Review",
    "Rule",
    "RuleRun",
    "Split",
    "StatementImport",
    "StoredFile",
    "TransferPair",
    "Undone",
]


class Account(models.Model):
    """An account as the ledger keeps it: its money, its floor and what it takes at the moment."""

    id = models.UUIDField(primary_key=True)
    owner_id = models.UUIDField(null=True)  # the holder, a user of auth; none for the bank's own
    currency = models.TextField()
    kind = models.TextField()
    name = models.TextField()
    overdraft_minor = models.BigIntegerField(default=0)
    booked_minor = models.BigIntegerField(default=0)
    held_minor = models.BigIntegerField(default=0)
    version = models.BigIntegerField(default=0)  # how many entries it has
    debits_frozen = models.BooleanField(default=False)
    credits_frozen = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "transactions_account"
        verbose_name = "ledger account"


class Posting(models.Model):
    """A movement of money that stands; its legs are the entries that name it."""

    id = models.UUIDField(primary_key=True)
    content_hash = models.BinaryField()
    kind = models.TextField()
    description = models.TextField()
    category = models.TextField()
    counterparty = models.TextField()
    reference = models.TextField()
    booked_at = models.DateTimeField()
    effective_date = models.DateField()
    actor_id = models.UUIDField(null=True)
    reverses_id = models.UUIDField(null=True)

    class Meta:
        db_table = "transactions_posting"


class Reversal(models.Model):
    """Which posting undid which: one row per undone posting, so none is undone twice."""

    original_id = models.UUIDField(primary_key=True)
    posting_id = models.UUIDField(unique=True)

    class Meta:
        db_table = "transactions_reversal"


class Entry(models.Model):
    """One leg as it stands, with the account's balance and version after it."""

    pk = models.CompositePrimaryKey("account_id", "version")
    account_id = models.UUIDField()
    version = models.BigIntegerField()
    posting_id = models.UUIDField()
    amount_minor = models.BigIntegerField()
    currency = models.TextField()
    balance_after_minor = models.BigIntegerField()
    booked_at = models.DateTimeField()

    class Meta:
        db_table = "transactions_entry"
        verbose_name_plural = "entries"


class Annotation(models.Model):
    """How one customer classifies a posting; the other side of it classifies for itself."""

    pk = models.CompositePrimaryKey("owner_id", "posting_id")
    owner_id = models.UUIDField()
    posting_id = models.UUIDField()
    category = models.TextField()
    source = models.TextField(default="customer", db_default="customer")
    confidence = models.SmallIntegerField(null=True)  # in hundredths, of a model
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "transactions_annotation"


class Hold(models.Model):
    """Money set aside on an account; what it is meant for, where it is a pending transaction.

    `held_minor` of the account is the sum of its placed holds. Whoever changes a hold has locked
    the account first and the hold second.
    """

    id = models.UUIDField(primary_key=True)
    content_hash = models.BinaryField()
    account_id = models.UUIDField()
    amount_minor = models.BigIntegerField()
    settled_minor = models.BigIntegerField(default=0)
    currency = models.TextField()
    state = models.TextField()
    reason = models.TextField()
    placed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    posting_id = models.UUIDField(null=True)  # the posting that settled it
    target_account_id = models.UUIDField(null=True)
    description = models.TextField()
    category = models.TextField()
    counterparty = models.TextField()
    reference = models.TextField()
    effective_date = models.DateField(null=True)
    actor_id = models.UUIDField(null=True)

    class Meta:
        db_table = "transactions_hold"
        constraints = [
            models.CheckConstraint(
                name="transactions_hold_amount", condition=models.Q(amount_minor__gt=0)
            ),
            models.CheckConstraint(
                name="transactions_hold_settled",
                condition=models.Q(settled_minor__gte=0)
                & models.Q(settled_minor__lte=models.F("amount_minor")),
            ),
            models.CheckConstraint(
                name="transactions_hold_state",
                condition=models.Q(state="placed", closed_at__isnull=True, settled_minor=0)
                | models.Q(state="settled", closed_at__isnull=False, posting_id__isnull=False)
                | models.Q(
                    state__in=["released", "expired"], closed_at__isnull=False, settled_minor=0
                ),
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"],
                name="transactions_hold_due",
                condition=models.Q(state="placed"),
            ),
            models.Index(
                fields=["account_id", "-placed_at", "-id"], name="transactions_hold_listed"
            ),
            models.Index(
                fields=["target_account_id"],
                name="transactions_hold_expected",
                condition=models.Q(state="placed"),
            ),
        ]


class Undone(models.Model):
    """How much of a posting has been undone: the one row that every reversal of it locks."""

    original_id = models.UUIDField(primary_key=True)
    total_minor = models.BigIntegerField()
    undone_minor = models.BigIntegerField()

    class Meta:
        db_table = "transactions_undone"
        constraints = [
            models.CheckConstraint(
                name="transactions_undone_within",
                condition=models.Q(undone_minor__gte=0)
                & models.Q(undone_minor__lte=models.F("total_minor")),
            ),
        ]


class PartialReversal(models.Model):
    """A posting that undid a part of another; Reversal keeps those that undid the whole."""

    posting_id = models.UUIDField(primary_key=True)
    original_id = models.UUIDField(db_index=True)
    amount_minor = models.BigIntegerField()
    asked_minor = models.BigIntegerField(null=True)  # None: all that was left

    class Meta:
        db_table = "transactions_partial_reversal"
        constraints = [
            models.CheckConstraint(
                name="transactions_partial_reversal_amount",
                condition=models.Q(amount_minor__gt=0),
            ),
        ]


class Rate(models.Model):
    """What one unit of a currency is worth in another, from a moment on; never edited."""

    id = models.UUIDField(primary_key=True)
    base = models.TextField()
    quote = models.TextField()
    rate = models.DecimalField(max_digits=24, decimal_places=12)
    spread_ppm = models.IntegerField()  # what the bank keeps, in millionths
    valid_from = models.DateTimeField()
    set_by = models.UUIDField()

    class Meta:
        db_table = "transactions_rate"
        constraints = [
            models.UniqueConstraint(
                fields=["base", "quote", "valid_from"], name="transactions_rate_once"
            ),
            models.CheckConstraint(
                name="transactions_rate_range",
                condition=models.Q(rate__gt=0)
                & models.Q(spread_ppm__gte=0)
                & models.Q(spread_ppm__lt=1_000_000),
            ),
        ]


class Quote(models.Model):
    """An exchange that a customer may have until it expires; once used, the rate of its posting."""

    id = models.UUIDField(primary_key=True)
    owner_id = models.UUIDField()
    source_currency = models.TextField()
    target_currency = models.TextField()
    source_minor = models.BigIntegerField()
    target_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()  # on top, in the source's currency
    rate = models.DecimalField(max_digits=24, decimal_places=12)
    spread_ppm = models.IntegerField()
    quoted_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    posting_id = models.UUIDField(null=True, unique=True)

    class Meta:
        db_table = "transactions_quote"
        constraints = [
            models.CheckConstraint(
                name="transactions_quote_amounts",
                condition=models.Q(source_minor__gt=0)
                & models.Q(target_minor__gt=0)
                & models.Q(fee_minor__gte=0),
            ),
        ]


class Category(models.Model):
    """A category of a customer's own, under one of everybody's or of their own. Its id is its key.

    Whoever moves one has locked all of the customer's.
    """

    id = models.UUIDField(primary_key=True)
    owner_id = models.UUIDField()
    parent = models.TextField()
    name = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "transactions_category"
        constraints = [
            models.UniqueConstraint(
                models.F("owner_id"), Lower("name"), name="transactions_category_once"
            ),
        ]


class Filing(models.Model):
    """What one customer has written on a posting: tags and a note, seen by nobody else."""

    pk = models.CompositePrimaryKey("owner_id", "posting_id")
    owner_id = models.UUIDField()
    posting_id = models.UUIDField()
    tags = ArrayField(models.TextField())
    note = models.TextField()
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "transactions_filing"


class ChainHead(models.Model):
    """The end of the chain: one row for ever, locked by whoever adds to it."""

    id = models.SmallIntegerField(primary_key=True)
    seq = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        db_table = "transactions_chain_head"


class ChainLink(models.Model):
    """A posting's place in the chain and the hash over it and everything before it."""

    seq = models.BigIntegerField(primary_key=True)
    posting_id = models.UUIDField(unique=True)
    hash = models.BinaryField()
    chained_at = models.DateTimeField()

    class Meta:
        db_table = "transactions_chain_link"


class Limit(models.Model):
    """How much may leave an account, by a way and within a period; whoever posts locks the row.

    Without a spender it binds everybody. From `next_at` on `next_minor` holds in place of the
    amount; none lifts the limit. What is used up is not kept here: it is summed under the lock.
    """

    id = models.UUIDField(primary_key=True)
    account_id = models.UUIDField()
    spender_id = models.UUIDField(null=True)
    period = models.TextField()
    channel = models.TextField()
    amount_minor = models.BigIntegerField()
    next_minor = models.BigIntegerField(null=True)
    next_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "transactions_limit"
        constraints = [
            models.UniqueConstraint(
                fields=["account_id", "spender_id", "period", "channel"],
                name="transactions_limit_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="transactions_limit_amount",
                condition=models.Q(amount_minor__gte=0)
                & (models.Q(next_minor__isnull=True) | models.Q(next_minor__gte=0)),
            ),
        ]


class Mandate(models.Model):
    """Somebody besides the owner who may see an account, and perhaps pay from it."""

    pk = models.CompositePrimaryKey("user_id", "account_id")
    user_id = models.UUIDField()
    account_id = models.UUIDField()
    may_pay = models.BooleanField()

    class Meta:
        db_table = "transactions_mandate"
        indexes = [models.Index(fields=["account_id"], name="transactions_mandate_account")]
