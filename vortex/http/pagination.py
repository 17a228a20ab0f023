"""Pages by cursor: a list goes on after the last row that was seen, whatever came meanwhile.

A cursor says where a page ended, in the values of the columns that order the list, which together
are unique and never NULL. It is opaque by agreement and validated by type: forging one only moves
within a list that the caller may read anyway.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import msgspec
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from vortex.http.refusals import InvalidCursor, InvalidLimit

if TYPE_CHECKING:  # DRF's views import this module while they are being made
    from rest_framework.views import APIView

DEFAULT_LIMIT: Final = 50
LARGEST_LIMIT: Final = 200
_LONGEST_CURSOR: Final = 1024

T = TypeVar("T")


@dataclass(frozen=True)
class Window:
    """What a page was asked for: at most `limit` rows, those after `after` in the list's order."""

    order: str
    limit: int
    after: tuple[Any, ...] | None


@dataclass(frozen=True)
class Page(Generic[T]):
    """The rows of a page and the cursor of the next one, None on the last."""

    items: Sequence[T]
    next_cursor: str | None


def window(request: Request, *, order: str, types: tuple[Any, ...]) -> Window:
    """Return the window that a request asks for, for a selector that writes its own query.

    `order` names the list and its order ("entries by -at,-id"), so that a cursor of another list is
    refused; `types` are the types of the ordering values, in order. Ask the database for `limit +
    1` rows and give them to `page_of`. Refuses with invalid_limit and invalid_cursor.
    """
    return window_of(request.query_params, order=order, types=types)


def window_of(query: Mapping[str, str], *, order: str, types: tuple[Any, ...]) -> Window:
    """Return the window that a query asks for, as `window` does."""
    cursor = query.get("cursor", "")
    limit = _limit(query.get("limit", ""))
    return Window(order, limit, _decode(cursor, order, types) if cursor else None)


def page_of(rows: Sequence[T], asked: Window, *, key: Callable[[T], tuple[Any, ...]]) -> Page[T]:
    """Return the page of a window: `rows` holds one more than asked when there is a next one.

    `key` gives the ordering values of a row.
    """
    shown = rows[: asked.limit]
    more = len(rows) > asked.limit
    return Page(shown, _encode(asked.order, key(shown[-1])) if more else None)


def paged(
    request: Request,
    *,
    order: str,
    types: tuple[Any, ...],
    rows: Callable[[tuple[Any, ...] | None, int], Sequence[T]],
    key: Callable[[T], tuple[Any, ...]],
    shown: Callable[[T], Any],
) -> Response:
    """Return the page that a request asks for: `window`, a selector's rows and `page_of` in one.

    `rows` is given the position to go on after and how many rows to find, one more than are shown.
    """
    asked = window(request, order=order, types=types)
    page = page_of(rows(asked.after, asked.limit + 1), asked, key=key)
    items = [shown(row) for row in page.items]
    return Response({"items": items, "next_cursor": page.next_cursor})


class CursorPage(BasePagination):
    """DRF's pagination for querysets: `{"items": [...], "next_cursor": "..." or null}`.

    The view says its order in `page_order`, newest first by id where it says nothing: column names,
    `-` before those that descend; together unique, never NULL.
    """

    default_order: tuple[str, ...] = ("-pk",)

    def paginate_queryset(
        self,
        queryset: QuerySet[Any] | Sequence[Any],
        request: Request,
        view: "APIView | None" = None,
    ) -> list[Any]:
        """Return the rows of the page that the request asks for."""
        if not isinstance(queryset, QuerySet):
            raise TypeError("a sequence is paged by window() and page_of()")
        order: tuple[str, ...] = getattr(view, "page_order", None) or self.default_order
        columns = [column.lstrip("-") for column in order]
        label = f"{queryset.model._meta.label_lower} by {','.join(order)}"
        asked = window(request, order=label, types=tuple(str for _ in order))
        queryset = queryset.order_by(*order)
        if asked.after is not None:
            queryset = queryset.filter(_after(queryset, order, asked.after))
        rows = list(queryset[: asked.limit + 1])
        self._page = page_of(
            rows, asked, key=lambda row: tuple(_text(getattr(row, name)) for name in columns)
        )
        return list(self._page.items)

    def get_paginated_response(self, data: Any) -> Response:
        """Return the page with its serialized rows."""
        return Response({"items": data, "next_cursor": self._page.next_cursor})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the OpenAPI schema of a page of these rows."""
        return {
            "type": "object",
            "required": ["items", "next_cursor"],
            "properties": {
                "items": schema,  # of a list already
                "next_cursor": {
                    "type": "string",
                    "nullable": True,
                    "example": None,
                    "description": "Where the next page begins; null on the last.",
                },
            },
        }

    def get_schema_operation_parameters(self, view: "APIView") -> list[dict[str, Any]]:
        """Return the OpenAPI parameters of every paged list."""
        del view
        return [
            {
                "name": parameter.name,
                "in": parameter.location,
                "required": parameter.required,
                "description": parameter.description,
                "schema": parameter.type,
            }
            for parameter in PARAMETERS
        ]


_CURSOR: Final = {"type": "string", "maxLength": _LONGEST_CURSOR}
_LIMIT: Final = {
    "type": "integer",
    "minimum": 1,
    "maximum": LARGEST_LIMIT,
    "default": DEFAULT_LIMIT,
}

# For the `@extend_schema(parameters=[..., *PARAMETERS])` of a view that pages by itself.
PARAMETERS: Final = (
    OpenApiParameter("cursor", _CURSOR, description="The `next_cursor` of the page before."),
    OpenApiParameter("limit", _LIMIT, description="How many items a page has at most."),
)


def _limit(text: str) -> int:
    if not text:
        return DEFAULT_LIMIT
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else 0
    if not 1 <= number <= LARGEST_LIMIT:
        raise InvalidLimit(
            f"limit is a whole number from 1 to {LARGEST_LIMIT}",
            max=LARGEST_LIMIT,
            errors=[{"parameter": "limit", "code": "invalid_limit", "detail": text[:20]}],
        )
    return number


def _encode(order: str, values: tuple[Any, ...]) -> str:
    body = msgspec.msgpack.encode((_tag(order), values))
    return base64.urlsafe_b64encode(body).rstrip(b"=").decode()


def _decode(cursor: str, order: str, types: tuple[Any, ...]) -> tuple[Any, ...]:
    try:
        if len(cursor) > _LONGEST_CURSOR or not cursor.isascii():
            raise InvalidCursor
        body = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        tag, values = msgspec.msgpack.decode(body, type=tuple[bytes, tuple[types]])  # type: ignore[valid-type]
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError):
        raise InvalidCursor from None
    if tag != _tag(order):
        raise InvalidCursor
    return tuple(values)


def _tag(order: str) -> bytes:
    return hashlib.sha256(order.encode()).digest()[:6]


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _after(queryset: QuerySet[Any], order: tuple[str, ...], after: tuple[str, ...]) -> Q:
    """Return `row > after` in a mixed order, with a leading bound that an index can use."""
    values = _typed(queryset, order, after)
    condition = Q()
    for column, value in reversed(values):
        name = column.lstrip("-")
        beyond = Q(**{f"{name}__{'lt' if column.startswith('-') else 'gt'}": value})
        condition = beyond | (Q(**{name: value}) & condition) if condition else beyond
    column, value = values[0]
    bound = f"{column.lstrip('-')}__{'lte' if column.startswith('-') else 'gte'}"
    return Q(**{bound: value}) & condition if len(values) > 1 else condition


def _typed(
    queryset: QuerySet[Any], order: tuple[str, ...], after: tuple[str, ...]
) -> list[tuple[str, Any]]:
    meta = queryset.model._meta
    try:
        return [
            (column, (meta.pk if name == "pk" else meta.get_field(name)).to_python(text))
            for column, name, text in (
                (column, column.lstrip("-"), text)
                for column, text in zip(order, after, strict=True)
            )
        ]
    except (ValidationError, ValueError, OverflowError):
        raise InvalidCursor from None
