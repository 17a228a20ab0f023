"""The headers and bodies that the middleware and DRF give, without Django."""

from functools import lru_cache
from typing import Final

import msgspec
from django.conf import settings

from vortex.errors import Refusal
from vortex.http.middleware import CSP_DATA, PERMISSIONS
from vortex.http.problem import MEDIA_TYPE, said
from vortex.http.quick.admission import policy
from vortex.http.throttles import Spent
from vortex.idempotency import Answer

SCOPE: Final = "caller"  # of the rate limits, as the API's views have it

RawHeaders = list[tuple[bytes, bytes]]

_encoder: Final = msgspec.json.Encoder()


def encoded(body: object) -> bytes:
    """Return JSON; two characters that end a line in JavaScript are escaped, as DRF does."""
    said = _encoder.encode(body)
    if b"\xe2\x80" in said:
        said = said.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")
    return said


def refused(refusal: Refusal, path: str) -> Answer:
    """Return the problem that says a refusal; asks the request context for the trace."""
    status, data, headers = said(refusal, path)
    return Answer(status, {**headers, "Content-Type": MEDIA_TYPE}, msgspec.json.encode(data))


def lines_of(
    answer: Answer, spent: Spent | None, request_id: str, *, allow: str, secure: bool
) -> bytes:
    """Return the headers that go with an answer, as they are written.

    `allow` are the methods of its address.
    """
    own = "".join([f"{name.lower()}: {value}\r\n" for name, value in answer.headers.items()])
    typed = "" if "Content-Type" in answer.headers else "content-type: application/json\r\n"
    limits = ""
    if spent is not None:
        limits = (
            f"ratelimit-policy: {policy(SCOPE)}\r\n"
            f'ratelimit: "{SCOPE}";r={spent.remaining};t={spent.full_after}\r\n'
        )
    said = (
        f"x-request-id: {request_id}\r\ncontent-length: {len(answer.body)}\r\n{typed}{own}{limits}"
    )
    return said.encode() + _common(allow, secure, "Cache-Control" in answer.headers)


def pairs_of(lines: bytes) -> RawHeaders:
    """Return such lines as ASGI wants them."""
    pairs = [line.partition(b": ") for line in lines.split(b"\r\n")[:-1]]
    return [(name, value) for name, _, value in pairs]


@lru_cache(maxsize=64)
def _common(allow: str, secure: bool, stored: bool) -> bytes:  # noqa: FBT001 - a cache's key
    """Return what the middleware and DRF put on every answer."""
    common = [
        "x-frame-options: DENY",
        "x-content-type-options: nosniff",
        "referrer-policy: same-origin",
        "cross-origin-opener-policy: same-origin",
        f"content-security-policy: {CSP_DATA}",
        f"permissions-policy: {PERMISSIONS}",
        f"allow: {allow}",
    ]
    if not stored:
        common.append("cache-control: no-store")
    if secure and settings.SECURE_HSTS_SECONDS:
        common.append(f"strict-transport-security: {_stay()}")
    return "".join([f"{line}\r\n" for line in common]).encode()


def _stay() -> str:
    within = "; includeSubDomains" if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS else ""
    preload = "; preload" if settings.SECURE_HSTS_PRELOAD else ""
    return f"max-age={settings.SECURE_HSTS_SECONDS}{within}{preload}"
