"""Reads of rates and of quotes."""

from datetime import datetime
from uuid import UUID

from apps.transactions.models import Quote, Rate


def latest_rate(*, base: str, quote: str, at: datetime) -> Rate | None:
    """Return the rate from one currency to another that holds at a moment, if there is one."""
    known = Rate.objects.filter(base=base, quote=quote, valid_from__lte=at)
    return known.order_by("-valid_from").first()


def rates(*, at: datetime) -> list[Rate]:
    """Return the rates that hold at a moment, one per pair of currencies."""
    known = Rate.objects.filter(valid_from__lte=at)
    return list(known.order_by("base", "quote", "-valid_from").distinct("base", "quote"))


def quote_of_owner(*, quote_id: UUID, owner_id: UUID) -> Quote | None:
    """Return a customer's own quote, if it exists."""
    return Quote.objects.filter(pk=quote_id, owner_id=owner_id).first()
