"""Asking somebody else's server: no redirect is followed, and no answer is read for ever."""

import time
from functools import cache
from typing import Any, Final

import httpx

TIMEOUT: Final = httpx.Timeout(5.0)
UNAVAILABLE: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


class NoAnswerError(Exception):
    """Nobody answered, or the answer does not come to an end."""


class TooLongError(Exception):
    """The answer is longer than anything that was asked for."""


def answer_of(
    method: str, url: str, *, most_bytes: int, most_seconds: float = 15, **told: Any
) -> tuple[int, bytes]:
    """Return status and body of an answer; the body is read up to the limits and no further."""
    try:
        with _client().stream(method, url, timeout=TIMEOUT, **told) as answer:
            body, end = bytearray(), time.monotonic() + most_seconds
            for chunk in answer.iter_bytes():
                body += chunk
                if time.monotonic() > end:
                    raise NoAnswerError("the answer does not come to an end")
                if len(body) > most_bytes:
                    raise TooLongError("the answer is too long")
            return answer.status_code, bytes(body)
    except httpx.HTTPError as error:
        raise NoAnswerError(type(error).__name__) from None


@cache
def _client() -> httpx.Client:
    """Return the client of this process; making one reads every certificate there is."""
    return httpx.Client(follow_redirects=False, limits=httpx.Limits(max_keepalive_connections=0))
