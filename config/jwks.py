"""Where this deployment finds the public keys of access tokens."""

import os

import httpx

from apps.auth.contracts import TokenKeys
from vortex.binding import bind


def load() -> str:
    """Return the JWKS as text: from VORTEX_JWKS_URL where it is set, else from auth's contract."""
    url = os.environ.get("VORTEX_JWKS_URL", "")
    if url:
        return httpx.get(url, timeout=5).raise_for_status().text
    return bind(TokenKeys).verification_keys().jwks
