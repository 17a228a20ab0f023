"""A transaction is said as its serializer's fields say it, of which the API's document is made."""

from datetime import UTC, date, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st
from rest_framework.serializers import Serializer

from apps.transactions.api.serializers import TransactionSerializer
from apps.transactions.contracts import PostingKind
from apps.transactions.selectors import OwnEntry, OwnPosting
from vortex.money import MAX_MINOR

_zones = st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours))) | st.just(UTC)
_instants = st.builds(
    lambda seconds, micro, zone: datetime.fromtimestamp(seconds, zone).replace(microsecond=micro),
    st.integers(0, 32_000_000_000),
    st.sampled_from([0, 1, 120_000, 999_999]),
    _zones,
)
_entries = st.builds(
    OwnEntry,
    account_id=st.uuids(),
    amount_minor=st.integers(-MAX_MINOR, MAX_MINOR),
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
    balance_after_minor=st.integers(-MAX_MINOR, MAX_MINOR),
    version=st.integers(1, 2**62),
)
_postings = st.builds(
    OwnPosting,
    id=st.uuids(),
    kind=st.sampled_from([kind.value for kind in PostingKind]),
    description=st.text(),
    category=st.text(),
    counterparty=st.text(),
    reference=st.text(),
    booked_at=_instants,
    effective_date=st.dates(date(1, 1, 1)),
    reverses_id=st.none() | st.uuids(),
    reversed_by_id=st.none() | st.uuids(),
    is_split=st.booleans(),
    entries=st.lists(_entries, max_size=3).map(tuple),
)


@given(_postings)
def test_all_at_once_says_what_the_fields_say_one_by_one(posting: OwnPosting) -> None:
    serializer = TransactionSerializer()

    said = serializer.to_representation(posting)

    field_by_field = Serializer.to_representation(serializer, posting)
    assert said == field_by_field
    assert list(said) == list(field_by_field)
