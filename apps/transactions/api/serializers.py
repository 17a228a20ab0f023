"""What the ledger reads and writes over HTTP. A customer sees their own entries of a posting."""

from typing import Any, Final
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from apps.transactions.contracts import CATEGORIES, PostingKind
from apps.transactions.domain.posting import MAX_TEXT
from apps.transactions.selectors import OwnEntry, OwnPosting
from apps.transactions.services.posting import MAX_BATCH
from vortex.http.fields import IdField, MoneyField, TextField, moment
from vortex.money import MAX_MINOR, written

_ID: Final = "01920f4e-5a10-7c3e-8f00-5d1f6b2a9c01"
_OTHER: Final = "01920f4e-5a10-7c3e-8f00-5d1f6b2a9c02"


class WordsField(TextField):
    """Somebody's words, kept as they were written; shown escaped, never interpreted."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=MAX_TEXT, allow_blank=True, trim_whitespace=False, default="", **kwargs
        )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Dinner",
            value={
                "source_account_id": _ID,
                "target_account_id": _OTHER,
                "amount": {"amount": "12.34", "currency": "EUR"},
                "description": "Dinner",
            },
            request_only=True,
        )
    ]
)
class TransferSerializer(serializers.Serializer[Any]):
    """Money from an account of one's own to any account."""

    source_account_id = IdField()
    target_account_id = IdField()
    amount = MoneyField(positive=True)
    description = WordsField()
    counterparty = WordsField(help_text="Who gets it, in the payer's words.")
    reference = WordsField()
    category = serializers.ChoiceField(choices=CATEGORIES, default="transfers")
    effective_date = serializers.DateField(
        default=None, allow_null=True, help_text="When it counts; the booking date if left out."
    )


class BulkItemSerializer(TransferSerializer):
    """A transfer of a batch. Its id, a UUIDv7 of the caller's, makes it count once for ever."""

    id = IdField()


class BulkSerializer(serializers.Serializer[Any]):
    """Transfers, in the order in which they are to be made."""

    atomic = serializers.BooleanField(
        default=False, help_text="All of them or none; otherwise each stands or falls by itself."
    )
    items = serializers.ListField(
        child=BulkItemSerializer(), allow_empty=False, max_length=MAX_BATCH
    )


class OutcomeSerializer(serializers.Serializer[Any]):
    """What became of one item of a batch."""

    id = IdField(source="posting_id")
    posted = serializers.BooleanField()
    replayed = serializers.BooleanField(help_text="It stood before this request.")
    code = TextField(help_text="Why it was refused; empty where it was not.")
    detail = TextField()


class OutcomesSerializer(serializers.Serializer[Any]):
    """The outcomes of a batch, in its order."""

    posted = serializers.IntegerField()
    refused = serializers.IntegerField()
    items = OutcomeSerializer(many=True)


class EntrySerializer(serializers.Serializer[OwnEntry]):
    """One's own side of a transaction, with the balance of that account after it."""

    account_id = IdField()
    amount = serializers.SerializerMethodField(help_text="Negative for money that went out.")
    balance_after = serializers.SerializerMethodField()
    version = serializers.IntegerField(help_text="Counts the account's entries, without gaps.")

    def get_amount(self, entry: OwnEntry) -> dict[str, str]:
        """Return the amount as money."""
        return written(entry.amount_minor, entry.currency)

    def get_balance_after(self, entry: OwnEntry) -> dict[str, str]:
        """Return the balance as money."""
        return written(entry.balance_after_minor, entry.currency)


class TransactionSerializer(serializers.Serializer[OwnPosting]):
    """A transaction, as one of its sides sees it."""

    id = IdField()
    kind = serializers.ChoiceField(choices=list(PostingKind))
    description = TextField()
    counterparty = TextField()
    reference = TextField()
    category = TextField(help_text="The caller's own; the other side has its own.")
    booked_at = serializers.DateTimeField()
    effective_date = serializers.DateField()
    reverses_id = IdField(allow_null=True)
    reversed_by_id = IdField(allow_null=True)
    is_split = serializers.BooleanField(
        help_text="The caller has filed it in parts; `/{id}/split` lists them."
    )
    entries = EntrySerializer(many=True)

    def to_representation(self, instance: OwnPosting) -> dict[str, Any]:
        """Say what the fields would, all at once: asked one by one they take most of a page."""
        return {
            "id": str(instance.id),
            "kind": instance.kind,
            "description": instance.description,
            "counterparty": instance.counterparty,
            "reference": instance.reference,
            "category": instance.category,
            "booked_at": moment(instance.booked_at),
            "effective_date": instance.effective_date.isoformat(),
            "reverses_id": _id_or_none(instance.reverses_id),
            "reversed_by_id": _id_or_none(instance.reversed_by_id),
            "is_split": instance.is_split,
            "entries": [
                {
                    "account_id": str(entry.account_id),
                    "amount": written(entry.amount_minor, entry.currency),
                    "balance_after": written(entry.balance_after_minor, entry.currency),
                    "version": entry.version,
                }
                for entry in instance.entries
            ],
        }


class AnnotationSerializer(serializers.Serializer[Any]):
    """What a customer may change about a transaction: how they file it."""

    category = TextField(max_length=40, help_text="A key of everybody's, or of one's own.")


class ReversalSerializer(serializers.Serializer[Any]):
    """Why a transaction is undone, and how much of it; all that is left if nothing is said."""

    reason = TextField(max_length=MAX_TEXT)
    amount = MoneyField(positive=True, required=False)


class ReversedSerializer(serializers.Serializer[Any]):
    """The transaction that undid another."""

    id = IdField()
    reverses_id = IdField()


class CategorySerializer(serializers.Serializer[Any]):
    """A category: its key, which never changes, and its name."""

    key = TextField()
    name = TextField()


class CategoryGroupSerializer(serializers.Serializer[Any]):
    """Categories that belong together."""

    name = TextField()
    categories = CategorySerializer(many=True)


class CategoriesSerializer(serializers.Serializer[Any]):
    """All categories, by group."""

    items = CategoryGroupSerializer(many=True)


class WantedSerializer(serializers.Serializer[Any]):
    """The filters of the list."""

    account_id = IdField(required=False)
    booked_from = serializers.DateTimeField(required=False)
    booked_before = serializers.DateTimeField(required=False)
    least_minor = serializers.IntegerField(
        required=False, min_value=0, max_value=MAX_MINOR, help_text="In minor units, such as cents."
    )
    most_minor = serializers.IntegerField(required=False, min_value=0, max_value=MAX_MINOR)
    direction = serializers.ChoiceField(choices=["in", "out"], required=False)
    kind = serializers.ChoiceField(choices=list(PostingKind), required=False)
    category = serializers.ChoiceField(choices=CATEGORIES, required=False)
    q = TextField(
        source="word",
        required=False,
        max_length=100,
        help_text="A word of the description or of the counterparty.",
    )


def _id_or_none(value: UUID | None) -> str | None:
    return None if value is None else str(value)
