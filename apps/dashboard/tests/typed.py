"""Every text that the dashboard lets somebody write, from the API's own document.

A text is what can hold markup: no number, date, id or choice, and nothing that a pattern bounds.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from apps.dashboard.tests.browsing import WEB

_DOCUMENT: Final = Path(__file__).resolve().parents[3] / "docs" / "reference" / "openapi.json"
_WRITES: Final = ("post", "put", "patch")
_NO_TEXT: Final = {"uuid", "date", "date-time"}
Schema = dict[str, Any]


def texts() -> set[str]:
    """Return `POST /api/accounts nickname` and its like: what the dashboard asks the API for."""
    document: Schema = msgspec.json.decode(_DOCUMENT.read_bytes())
    source = "".join(
        file.read_text(encoding="utf-8")
        for file in sorted((WEB / "src").rglob("*.ts*"))
        if file.name != "schema.d.ts"
    )
    found = set()
    for path, operations in document["paths"].items():
        for method in _asked(source, path):
            bodies = operations.get(method, {}).get("requestBody", {}).get("content", {})
            for kind, body in bodies.items():
                if kind in {"application/json", "multipart/form-data"}:
                    names = _of(document, body["schema"], "")
                    found |= {f"{method.upper()} {path} {name}" for name in names}
    return found


def _asked(source: str, path: str) -> Sequence[str]:
    """Return by which methods the source asks for an address; by any where it says so elsewhere."""
    named = source.count(f'"{path}"')
    direct = re.findall(rf'api\s*\.([A-Z]+)\(\s*"{re.escape(path)}"', source)
    if named > len(direct):
        return _WRITES
    return [method for method in _WRITES if method.upper() in direct]


def _of(document: Schema, schema: Schema, name: str) -> Iterator[str]:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    for way in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(way, []):
            yield from _of(document, part, name)
    for inner, part in schema.get("properties", {}).items():
        yield from _of(document, part, f"{name}.{inner}" if name else inner)
    if "items" in schema:
        yield from _of(document, schema["items"], name)
    bound = {"enum", "const", "pattern"} & schema.keys() or schema.get("maxLength") == 0
    if "string" in _types(schema) and not bound and schema.get("format") not in _NO_TEXT:
        yield name


def _types(schema: Schema) -> tuple[str, ...]:
    kind = schema.get("type", ())
    return (kind,) if isinstance(kind, str) else tuple(kind)
