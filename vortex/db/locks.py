"""Row locks in one order, so that two transactions never wait for each other."""

from typing import TypeVar

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


def lock_in_order(rows: QuerySet[M]) -> list[M]:
    """Lock the rows of a queryset in primary key order and return them."""
    return list(rows.select_for_update().order_by("pk"))
