"""Settings that hold everywhere. What differs by machine comes from the environment."""

import os
import re
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from config.contexts import CONTEXTS, TOPICS, alias, hosted, own_queue
from vortex.db.urls import database

ROOT = Path(__file__).resolve().parents[2]
HOME = Path(os.environ.get("VORTEX_HOME", ROOT / ".vortex"))

DEBUG = False
SECRET_KEY = os.environ.get("VORTEX_SECRET_KEY", "")
ALLOWED_HOSTS = os.environ.get("VORTEX_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")

# --- contexts -------------------------------------------------------------------------------------
VORTEX_CONTEXTS = CONTEXTS
VORTEX_HOSTED = tuple(context.name for context in hosted())
VORTEX_ALIASES = {context.name: alias(context.name) for context in hosted()}
VORTEX_TOPICS = TOPICS
VORTEX_STRICT = False
VORTEX_TOPOLOGY_FILE = os.environ.get("VORTEX_TOPOLOGY_FILE", str(HOME / "run" / "topology.json"))
VORTEX_TRANSPORTS = {
    "remote": "vortex.rpc.client.RemoteTransport",
    "aside": "vortex.rpc.client.AsideTransport",
}
# How a request over HTTP is answered once more on a stand-by that rolls it back.
VORTEX_REPLAYS = "vortex.http.replaying.answer"
# `kid:secret` pairs, the first one signs and all of them verify, so that a key can be rotated.
VORTEX_RPC_KEYS = tuple(
    tuple(pair.split(":", 1)) for pair in os.environ.get("VORTEX_RPC_KEYS", "").split(",") if pair
)
# Threads of one process that may wait for the same callee at once; the others go on serving.
VORTEX_RPC_CALLS_PER_CALLEE = int(os.environ.get("VORTEX_RPC_CALLS_PER_CALLEE", "12"))
VORTEX_BROKER_URL = os.environ.get("VORTEX_BROKER_URL", "")
VORTEX_CACHE_URL = os.environ.get("VORTEX_CACHE_URL", "")
VORTEX_JWKS_LOADER = "config.jwks.load"
VORTEX_REVOCATIONS_LOADER = "config.revocations.load"
VORTEX_TOKEN_ISSUER = os.environ.get("VORTEX_TOKEN_ISSUER", "vortexcore")
VORTEX_TOKEN_AUDIENCE = "vortexcore-api"
VORTEX_METRICS_TOKEN = os.environ.get("VORTEX_METRICS_TOKEN", "")
# How many proxies in front of us append to X-Forwarded-For; the address before theirs is taken.
VORTEX_TRUSTED_PROXIES = int(os.environ.get("VORTEX_TRUSTED_PROXIES", "0"))
# The longest that one HTTP request may take; X-Deadline-Ms can only ask for less.
VORTEX_REQUEST_DEADLINE_MS = int(os.environ.get("VORTEX_REQUEST_DEADLINE_MS", "30000"))
# Scope: (requests, per seconds, what holds while Valkey cannot say: everybody or nobody gets in).
# A load test multiplies the requests by VORTEX_RATE_LIMIT_SCALE.
_SCALE = int(os.environ.get("VORTEX_RATE_LIMIT_SCALE", "1"))
VORTEX_RATE_LIMITS: dict[str, tuple[int, int, str]] = {
    "caller": (1200 * _SCALE, 60, "open"),
    "sign_in": (10 * _SCALE, 60, "closed"),
    "sign_in_account": (10 * _SCALE, 1800, "closed"),
    "mail": (10 * _SCALE, 3600, "closed"),
    "mail_account": (5 * _SCALE, 3600, "closed"),
    "mail_code": (10 * _SCALE, 3600, "closed"),
    "sms": (20 * _SCALE, 3600, "closed"),
    "sms_person": (5 * _SCALE, 3600, "closed"),
    "sms_person_day": (10 * _SCALE, 86_400, "closed"),
    "sms_number": (5 * _SCALE, 3600, "closed"),
    "sms_number_day": (10 * _SCALE, 86_400, "closed"),
    "sms_network": (20 * _SCALE, 3600, "closed"),
    "sms_block": (30 * _SCALE, 3600, "closed"),
    "second_factor": (10 * _SCALE, 1800, "closed"),
    "user_code": (30 * _SCALE, 60, "closed"),
    "sign_up": (10 * _SCALE, 3600, "closed"),
    "refresh": (60 * _SCALE, 60, "closed"),
    "money": (120 * _SCALE, 60, "closed"),
    "resolve": (30 * _SCALE, 60, "closed"),
    "banks": (20 * _SCALE, 60, "closed"),
}
# Where people find the bank. Passkeys belong to this host, and are used from these origins only.
VORTEX_PUBLIC_URL = os.environ.get(
    "VORTEX_PUBLIC_URL", f"http://localhost:{os.environ.get('PORT', '8000')}"
)
VORTEX_ORIGINS = tuple(os.environ.get("VORTEX_ORIGINS", VORTEX_PUBLIC_URL).split(","))
VORTEX_RP_ID = os.environ.get("VORTEX_RP_ID", urlsplit(VORTEX_PUBLIC_URL).hostname or "localhost")
# Attachments and statements that customers send; in the database where it names no directory.
VORTEX_FILES_DIR = os.environ.get("VORTEX_FILES_DIR", "")
# When the bank looks at a transfer first, as a JSON object; apps/transactions/domain/gate.py names
# its fields. Beside these rules the service whose interface is named here judges transfers.
VORTEX_GATE_POLICY = os.environ.get("VORTEX_GATE_POLICY", "{}")
VORTEX_PAYMENT_JUDGE = os.environ.get("VORTEX_PAYMENT_JUDGE", "")
# Banks whose accounts customers may link; base_url speaks UK Open Banking 4.0.
VORTEX_LINKED_BANKS = os.environ.get("VORTEX_LINKED_BANKS", "[]")
# What a debit has to leave on new accounts, in minor units: {"savings.EUR": 1000}.
VORTEX_MINIMUM_BALANCES = msgspec.json.decode(
    os.environ.get("VORTEX_MINIMUM_BALANCES", "{}"), type=dict[str, int]
)
# What makes virtual cards and keeps their numbers: the local vault, or an issuer.
VORTEX_CARD_VAULT = os.environ.get("VORTEX_CARD_VAULT", '{"kind": "local"}')
# Other providers of identities, as a JSON list of {name, title, issuer, client_id, client_secret}.
VORTEX_IDENTITY_PROVIDERS = msgspec.json.decode(
    os.environ.get("VORTEX_IDENTITY_PROVIDERS", "[]"), type=list[dict[str, str]]
)
# Only for a provider on one's own machine: they may then be asked by http and at private addresses.
VORTEX_PROVIDERS_MAY_BE_LOCAL = os.environ.get("VORTEX_PROVIDERS_MAY_BE_LOCAL", "") == "1"
# A database of cities in MaxMind's format, for places on sign-in; without one there are none.
VORTEX_GEOIP_DATABASE = os.environ.get("VORTEX_GEOIP_DATABASE", "")
# A list of breached passwords that `manage.py build_breach_list` has made.
VORTEX_BREACHED_PASSWORDS = os.environ.get("VORTEX_BREACHED_PASSWORDS", "")
# Mail leaves by SMTP where this is set; without it, it is kept where local settings show it.
VORTEX_SMTP_URL = os.environ.get("VORTEX_SMTP_URL", "")
VORTEX_MAIL_FROM = os.environ.get("VORTEX_MAIL_FROM", "VortexCore <no-reply@localhost>")
VORTEX_SHOWS_MAILBOX = False
# What carries codes by SMS: the local mailbox, or a carrier.
VORTEX_SMS_CARRIER = os.environ.get("VORTEX_SMS_CARRIER", '{"kind": "local"}')
# Where SMS go to (ISO 3166): the European Economic Area, Switzerland, the United Kingdom, the
# United States and Canada. Regions, for the calling codes +1 and +44 lead to many others too.
VORTEX_SMS_COUNTRIES = frozenset(
    os.environ.get(
        "VORTEX_SMS_COUNTRIES",
        "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE IS LI NO"
        " CH GB US CA",
    ).split()
)
# As many SMS are sent in a day (UTC) and no more, whoever asks for them.
VORTEX_SMS_DAILY_BUDGET = int(os.environ.get("VORTEX_SMS_DAILY_BUDGET", "1000"))
# Passwords that everyone knows are accepted only where a demonstration bank is kept.
VORTEX_DEMO = os.environ.get("VORTEX_DEMO", "") == "1"

# --- Django ---------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "rest_framework",
    "django_filters",
    "channels",
    "django_prometheus",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "vortex.topology",
    "vortex.outbox",
    "vortex.inbox",
    "vortex.idempotency",
    "vortex.realtime",
    "vortex.http",
    "config",
    *(context.package for context in hosted()),
]
if "auth" in VORTEX_HOSTED:
    AUTH_USER_MODEL = "vortex_auth.User"
    # The administration of people opens by two factors.
    INSTALLED_APPS[0] = "apps.auth.apps.StaffAdminConfig"
else:  # a carved service: its staff are shadows of auth's users
    INSTALLED_APPS[0] = "vortex.identity.apps.EnteredAdminConfig"
    INSTALLED_APPS.append("vortex.identity.apps.IdentityConfig")
    AUTH_USER_MODEL = "identity.StaffUser"

# The dashboard belongs to the whole bank: a service that was lifted out of it hands out none.
VORTEX_SERVES_DASHBOARD = (
    os.environ.get("VORTEX_DASHBOARD", "1" if hosted() == CONTEXTS else "0") == "1"
    and find_spec("apps.dashboard") is not None
)
if VORTEX_SERVES_DASHBOARD:
    INSTALLED_APPS.append("apps.dashboard")

MIDDLEWARE = [
    "vortex.http.middleware.RequestContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Before Django's own: the staff's pages look as the bank does.
        "DIRS": [ROOT / "vortex" / "http" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
_BUILT = ROOT / "apps" / "dashboard" / "dist"
STATICFILES_DIRS = [_BUILT] if VORTEX_SERVES_DASHBOARD and _BUILT.is_dir() else []
WHITENOISE_ALLOW_ALL_ORIGINS = False
# A name with a hash in it never means anything else again: browsers need not ask twice.
_HASHED = re.compile(r"/static/assets/.+-[0-9A-Za-z_-]{8}\.(js|css|woff2|svg)")
WHITENOISE_IMMUTABLE_FILE_TEST = lambda _path, url: bool(_HASHED.fullmatch(url))  # noqa: E731
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440

DATABASES = {
    alias(context.name): database(os.environ.get(context.database_variable, ""), context.database)
    for context in hosted()
}
DATABASE_ROUTERS = ["vortex.db.router.ContextRouter"]

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": VORTEX_CACHE_URL,
        "KEY_PREFIX": "vortex",
    }
}
# redis-py 8 gives up on a silent socket after five seconds, which is what a quiet channel is.
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": VORTEX_CACHE_URL, "socket_timeout": None}]},
    }
}

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if "auth" in VORTEX_HOSTED:
    PASSWORD_HASHERS[0] = "apps.auth.adapters.argon2.Argon2id"

# --- HTTP -----------------------------------------------------------------------------------------
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["vortex.identity.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["vortex.http.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "vortex.http.pagination.CursorPage",
    "DEFAULT_SCHEMA_CLASS": "vortex.http.openapi.ContextSchema",
    "DEFAULT_THROTTLE_CLASSES": ["vortex.http.throttles.CallerThrottle"],
    "EXCEPTION_HANDLER": "vortex.http.problem.exception_handler",
    "UNAUTHENTICATED_USER": None,
    # `?format=` is for those endpoints that give files.
    "URL_FORMAT_OVERRIDE": None,
}
SIMPLE_JWT: dict[str, Any] = {
    "ALGORITHM": "EdDSA",
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=30),
    "AUDIENCE": VORTEX_TOKEN_AUDIENCE,
    "ISSUER": VORTEX_TOKEN_ISSUER,
    "USER_ID_CLAIM": "sub",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "VortexCore",
    "DESCRIPTION": "A digital bank: accounts, a double-entry ledger and what grows on them.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/[a-z]+",
    "PREPROCESSING_HOOKS": ["vortex.http.openapi.only_api"],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    # Sets of values that several fields called alike have: each set has a name of its own.
    "ENUM_NAME_OVERRIDES": {
        "AccountStatusEnum": ["active", "frozen", "closed"],
        "DisputeReasonEnum": [
            *("unrecognised", "duplicate", "wrong_amount", "not_received", "cancelled", "other"),
        ],
        "MemberRoleEnum": ["joint", "delegate"],
        "MemberStateEnum": [
            *("invited", "accepting", "active", "removing", "removed", "declined"),
        ],
        "MonitorKindEnum": ["low", "high", "large_debit"],
        "OwnRoleEnum": ["owner", "joint", "delegate"],
    },
    "TAGS": [{"name": known.name, "description": f"Owns {known.owns}."} for known in hosted()],
}

# --- Celery ---------------------------------------------------------------------------------------
CELERY_BROKER_URL = VORTEX_BROKER_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_DEFAULT_QUEUE = own_queue()
CELERY_BEAT_SCHEDULER = "config.clockwork:OwnersClock"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"

# --- security headers -----------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"

LOGGING_CONFIG = "vortex.telemetry.logs.configure"
LOGGING: dict[str, Any] = {"level": os.environ.get("VORTEX_LOG_LEVEL", "INFO"), "format": "json"}
