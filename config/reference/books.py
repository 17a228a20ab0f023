"""All pages together: what docs/reference holds, file by file."""

from typing import Any

import msgspec
from drf_spectacular.generators import SchemaGenerator

from config.contexts import CONTEXTS
from config.reference.asyncapi import document
from config.reference.pages import contexts_page, contracts_page, events_page, problems_page
from config.reference.published import load
from config.reference.snapshot import snapshot
from config.reference.tables import Connect, tables_page
from config.reference.variables import settings_page


def pages(connect: Connect) -> dict[str, str]:
    """Return the text of every generated page by its path below docs/reference."""
    load()
    return {
        **{f"contracts/{known.name}.json": _json(snapshot(known.name)) for known in CONTEXTS},
        "contracts.md": contracts_page(),
        "events.md": events_page(),
        "asyncapi.json": _json(document()),
        "problems.md": problems_page(),
        "settings.md": settings_page(),
        "openapi.json": _json(openapi()),
        "tables.md": tables_page(connect),
        "contexts.md": contexts_page(),
    }


def openapi() -> Any:
    """Return the OpenAPI document of every hosted context."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    return generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]


def _json(content: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(content), indent=2).decode() + "\n"
