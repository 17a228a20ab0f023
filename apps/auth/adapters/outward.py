"""Requests to addresses that somebody else has named: to the open internet, once, and not for long.

The host is resolved here, every address of it has to be a public one, and the connection goes to
the address that was looked at; so neither a name that points inwards nor one that changes its mind
reaches a machine of the bank. Redirects are not followed.
"""

import socket
from contextlib import closing
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import msgspec
from django.conf import settings

_TIMEOUT_SECONDS: Final = 5.0
_MOST_BYTES: Final = 262_144


class UnreachableError(RuntimeError):
    """The address may not be asked, does not answer, or answers nonsense."""


def ask(method: str, url: str, **sent: Any) -> dict[str, Any]:
    """Return the JSON object that an address answers; raises UnreachableError for all else."""
    try:
        parts = urlsplit(url)
        pinned, host = _pinned(parts.scheme, parts.hostname or "", parts.port)
        target = httpx.URL(url).copy_with(host=pinned)
        request = httpx.Request(
            method,
            target,
            headers={"Host": parts.netloc, "Accept": "application/json"},
            extensions={"sni_hostname": host, "timeout": httpx.Timeout(_TIMEOUT_SECONDS).as_dict()},
            **sent,
        )
        with (
            httpx.Client(trust_env=False, follow_redirects=False) as client,
            closing(client.send(request, stream=True)) as answer,
        ):
            return msgspec.json.decode(_read(answer), type=dict[str, Any])
    except (httpx.HTTPError, httpx.InvalidURL, msgspec.DecodeError, OSError, ValueError) as error:
        raise UnreachableError(type(error).__name__) from None


def _read(answer: httpx.Response) -> bytes:
    if answer.status_code != httpx.codes.OK:
        raise ValueError("not an answer")
    body = b""
    for part in answer.iter_bytes():
        body += part
        if len(body) > _MOST_BYTES:
            raise ValueError("too much of an answer")
    return body


def _pinned(scheme: str, host: str, port: int | None) -> tuple[str, str]:
    """Return the address to connect to and the name to ask it for, or raise ValueError."""
    local = bool(settings.VORTEX_PROVIDERS_MAY_BE_LOCAL)
    if not host or (scheme != "https" and not (local and scheme == "http")):
        raise ValueError("providers are asked by https")
    found = socket.getaddrinfo(host, port or (443 if scheme == "https" else 80), proto=6)
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not (local or all(ip_address(one).is_global for one in addresses)):
        raise ValueError("the name points to a machine that is not on the open internet")
    return addresses[0], host
