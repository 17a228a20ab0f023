"""Settings of a deployment: a missing secret stops start-up, and every cookie is for HTTPS only."""

import os

_REQUIRED = ("VORTEX_SECRET_KEY", "VORTEX_RPC_KEYS", "VORTEX_BROKER_URL", "VORTEX_CACHE_URL")
_missing = [name for name in _REQUIRED if not os.environ.get(name)]
if _missing:
    raise SystemExit(f"set {', '.join(_missing)}; see docs/reference/settings.md")

from config.settings.base import *  # noqa: E402, F403

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = os.environ.get("VORTEX_SSL_REDIRECT", "1") == "1"
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
