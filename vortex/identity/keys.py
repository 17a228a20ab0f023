"""The public keys of access tokens, by key id, fetched rarely and never on the caller's command.

A token can name any key id, so an unknown one may cause a fetch, but at most one every few seconds.
A key set that cannot be renewed is used for an hour more: auth may be down while the bank goes on.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from functools import cache
from typing import Any, Final

import jwt
import msgspec
from django.conf import settings
from django.utils.module_loading import import_string

from vortex.errors import Unavailable
from vortex.telemetry import get_logger

FRESH_SECONDS: Final = 300.0
STALE_SECONDS: Final = 3600.0
PAUSE_SECONDS: Final = 5.0

# The algorithm is the key's, never the token's: RFC 8725, 3.1.
_ALGORITHMS: Final = {("OKP", "Ed25519"): "EdDSA", ("EC", "P-256"): "ES256"}

log = get_logger("identity.keys")


class VerificationKeysUnavailable(
    Unavailable, code="verification_keys_unavailable", title="Tokens cannot be verified"
):
    """The keys that access tokens are verified with cannot be had. Come back in a moment."""


class KeyRing:
    """Keys by id, from a loader that returns a JWKS (RFC 7517) as text. Safe between threads."""

    def __init__(
        self, load: Callable[[], str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._load = load
        self._clock = clock
        self._keys: dict[str, jwt.PyJWK] = {}
        self._loaded_at: float | None = None
        self._tried_at: float | None = None
        self._fetching = threading.Lock()

    def find(self, kid: str) -> jwt.PyJWK | None:
        """Return the key of that id, or None; refuses when no key set can be had at all."""
        age = self._age()
        if age is None or age > FRESH_SECONDS or kid not in self._keys:
            self._renew(must=age is None)
        age = self._age()
        if age is None or age > STALE_SECONDS:
            raise VerificationKeysUnavailable(retry_after=int(PAUSE_SECONDS))
        return self._keys.get(kid)

    def _age(self) -> float | None:
        return None if self._loaded_at is None else self._clock() - self._loaded_at

    def _renew(self, *, must: bool) -> None:
        """Fetch once; who comes meanwhile goes on with the old keys, or waits if there are none.

        Never in an event loop, where a fetch would hold everybody up and Django refuses it: who
        asks there makes do with what is known, and the next request in a thread fetches.
        """
        if _in_event_loop() or not self._fetching.acquire(blocking=must):
            return
        try:
            if self._tried_at is not None and self._clock() - self._tried_at < PAUSE_SECONDS:
                return
            self._tried_at = self._clock()
            self._keys = _parse(self._load())
            self._loaded_at = self._clock()
        except Exception:  # whatever a loader does, old keys are better than none
            log.warning("identity.keys.not_renewed", exc_info=True, known=len(self._keys))
        finally:
            self._fetching.release()


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


@cache
def ring() -> KeyRing:
    """Return the key ring of this process, filled by settings.VORTEX_JWKS_LOADER."""
    return KeyRing(import_string(settings.VORTEX_JWKS_LOADER))


def _parse(text: str) -> dict[str, jwt.PyJWK]:
    """Return the keys that may sign access tokens; others in the set are not ours to judge."""
    found: dict[str, jwt.PyJWK] = {}
    for entry in msgspec.json.decode(text, type=dict[str, Any])["keys"]:
        algorithm = _ALGORITHMS.get((entry.get("kty", ""), entry.get("crv", "")))
        stated = entry.get("alg", algorithm)
        if algorithm is None or stated != algorithm or entry.get("use", "sig") != "sig":
            continue
        public = {name: value for name, value in entry.items() if name != "d"}
        found[str(entry["kid"])] = jwt.PyJWK(public, algorithm)
    return found
