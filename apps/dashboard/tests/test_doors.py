"""What the dashboard asks without a token is what the API answers without one, and nothing else."""

import re
from typing import Any, Final

import msgspec

from apps.dashboard.tests.browsing import WEB

_ASKED: Final = re.compile(r"""api\.(GET|POST|PUT|PATCH|DELETE)\(\s*"(/api/[^"]+)\"""")
_OPEN: Final = re.compile(r"const OPEN =\s*/(.+)/;\n")


def asked() -> set[tuple[str, str]]:
    """Return method and path of every request that the dashboard's source makes by its client."""
    files = (WEB / "src").rglob("*.ts*")
    found = {one for file in files for one in _ASKED.findall(file.read_text())}
    return {(method.lower(), path) for method, path in found}


def test_a_request_goes_without_a_token_exactly_where_the_api_needs_none():
    document: Any = msgspec.json.decode(
        (WEB.parents[2] / "docs/reference/openapi.json").read_bytes()
    )
    said = _OPEN.search((WEB / "src/lib/api.ts").read_text())
    assert said is not None
    without_token = re.compile(said[1].replace(r"\/", "/"))

    wrong = [
        f"{method} {path}"
        for method, path in sorted(asked())
        if (document["paths"][path][method].get("security") == [{}])
        != bool(without_token.match(re.sub(r"\{\w+\}", "some-one", path)))
    ]

    assert len(asked()) > 60
    assert wrong == []
