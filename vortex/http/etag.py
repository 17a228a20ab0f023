"""Entity tags (RFC 9110, 13): nobody overwrites a change that they have not seen.

    with unit_of_work("accounts"):
        settings = settings_of(account_id=..., lock=True)
        require_match(request, etag_of(settings.version))
        change(...)

The check is worth something only where the row is locked or the update names the version.
"""

import hashlib
from typing import Any

import msgspec
from rest_framework.request import Request
from rest_framework.response import Response

from vortex.http.refusals import PreconditionFailed, PreconditionRequired


def etag_of(*parts: Any) -> str:
    """Return the strong entity tag of what these values identify: a version, or all content."""
    return f'"{hashlib.sha256(msgspec.msgpack.encode(parts)).hexdigest()[:32]}"'


def require_match(request: Request, etag: str) -> None:
    """Refuse unless `If-Match` names this entity tag, or `*`.

    Refuses with precondition_required (428) where the header is missing, so that a client cannot
    forget it, and with precondition_failed (412) where the object has changed.
    """
    sent = request.headers.get("If-Match", "").strip()
    if not sent:
        raise PreconditionRequired
    if sent != "*" and etag not in _tags(sent):
        raise PreconditionFailed(etag=etag)


def tagged(request: Request, response: Response, etag: str) -> Response:
    """Return the answer with its entity tag, or a bare 304 where the client has it already."""
    known = request.headers.get("If-None-Match", "")
    if request.method in {"GET", "HEAD"} and etag in {
        tag.removeprefix("W/") for tag in _tags(known)
    }:
        response = Response(status=304)
    response["ETag"] = etag
    return response


def _tags(header: str) -> set[str]:
    return {tag.strip() for tag in header.split(",")}
