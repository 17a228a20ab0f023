"""Every environment variable that the bank reads, and what it means."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from config.contexts import CONTEXTS
from config.reference.pages import page, table

_ENVIRON = re.compile(r"(os\.)?(environ(\.\w+)?|getenv)")
_ROOT = Path(__file__).resolve().parents[2]


class Variable(NamedTuple):
    """What a variable means, and what holds where it is not set."""

    meaning: str
    default: str = ""
    needed: bool = False


VARIABLES: dict[str, Variable] = {
    "DEMO": Variable("`0` opens a bank without the demonstration households (`make up`)", "1"),
    "DJANGO_SETTINGS_MODULE": Variable(
        "which settings: `config.settings.local`, `test` or `production`", "config.settings.local"
    ),
    "OTEL_EXPORTER_OTLP_ENDPOINT": Variable(
        "where traces are sent, OTLP over HTTP; without it nothing is traced"
    ),
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": Variable("the same, for traces alone"),
    "OTEL_SERVICE_NAME": Variable("how this process is called in traces", "vortexcore"),
    "PORT": Variable("the port that `make up` listens on", "8000"),
    "SANDBOX_CLIENT_SECRET": Variable("the secret that the sandbox bank knows its client by"),
    "TOPOLOGY": Variable(
        "`split:payments,auth` opens those as services behind a gateway, `all` every one that is"
        " built (`make up`)",
        "monolith",
    ),
    "VORTEX_ADMIN_DATABASE_URL": Variable(
        "a superuser's URL, for `config.up.initialize` alone: it makes databases and roles"
    ),
    "VORTEX_ALLOWED_HOSTS": Variable(
        "host names that requests may ask for, with commas", "localhost,127.0.0.1,[::1]"
    ),
    "VORTEX_BIND": Variable("the address that `make up` listens on", "127.0.0.1"),
    "VORTEX_BROKER_URL": Variable(
        "where events travel: `redis://` for Valkey Streams, `kafka://` for Kafka", needed=True
    ),
    "VORTEX_CACHE_URL": Variable(
        "Valkey for rate limits, revoked sessions, the cache and the socket", needed=True
    ),
    "VORTEX_CARD_VAULT": Variable(
        "what makes virtual cards and keeps their numbers: a JSON object with the `kind` `local`,"
        " or `lithic` with `base_url`, `api_key`, `brand` and `card_program` (Lithic's API v1), and"
        " `webhook_secret` where its events come to `/api/accounts/cards/issuer/events`",
        '{"kind": "local"}',
    ),
    "DEV": Variable("`1` serves the dashboard's source with hot reload (`make up`)", "0"),
    "VORTEX_DASHBOARD": Variable(
        "`1` serves the dashboard, `0` does not", "1 where all contexts are hosted"
    ),
    "VORTEX_BREACHED_PASSWORDS": Variable(
        "a list of breached passwords that `manage.py build_breach_list` has made; without it only"
        " the 20,000 most common ones are refused"
    ),
    "VORTEX_DEBUG": Variable("`1` shows Django's error pages; local settings only", "0"),
    "VORTEX_DEMO": Variable("`1` accepts the demonstration's passwords", "0"),
    "VORTEX_FILES_DIR": Variable(
        "a directory for attachments and statements that customers send; without it they are kept"
        " in the database"
    ),
    "VORTEX_GATE_POLICY": Variable(
        "when the bank looks at a transfer before it is made: a JSON object with some of the fields"
        " of `Policy` (apps/transactions/domain/gate.py), levels in whole euros",
        "{}",
    ),
    "VORTEX_GEOIP_DATABASE": Variable(
        "a database of cities in MaxMind's format (mmdb), for places and impossible travel on"
        " sign-in; without it there are none"
    ),
    "VORTEX_HOME": Variable("where `make up` keeps data and logs", ".vortex"),
    "VORTEX_HOSTS": Variable(
        "the contexts whose code runs here, with commas", "all whose code is on disk"
    ),
    "VORTEX_IDENTITY_PROVIDERS": Variable(
        "other providers of OpenID Connect that people may sign in by: a JSON list of objects with"
        " `name`, `title`, `issuer`, `client_id` and `client_secret`",
        "[]",
    ),
    "VORTEX_JWKS_URL": Variable(
        "where the keys of access tokens are; without it auth's contract is asked"
    ),
    "VORTEX_LINKED_BANKS": Variable(
        "banks whose accounts customers may link: a JSON list of `name`, `title`, `base_url`"
        " (UK Open Banking 4.0), `client_id`, `client_secret`",
        "[]",
    ),
    "VORTEX_LOG_LEVEL": Variable("the least level that is logged", "INFO"),
    "VORTEX_METRICS_TOKEN": Variable(
        "the bearer token of `/metrics`; without it nobody reads them"
    ),
    "VORTEX_MAIL_FROM": Variable("the sender of mail to people", "VortexCore <no-reply@localhost>"),
    "VORTEX_MINIMUM_BALANCES": Variable(
        "what a debit has to leave on accounts that customers open from then on: a JSON object of"
        ' minor units by product and currency, such as `{"savings.EUR": 1000}`',
        "{}",
    ),
    "VORTEX_MOVE_JOURNAL_URL": Variable(
        "a superuser's URL of the server that keeps the journal of moves (`python -m extraction`);"
        " an embedded bank knows its own"
    ),
    "VORTEX_MOVE_SOURCE_DATABASE_URL": Variable(
        "a superuser's URL of the moving context's database in the monolith"
    ),
    "VORTEX_MOVE_SOURCE_URL": Variable("where the monolith answers to its services"),
    "VORTEX_MOVE_TARGET_DATABASE_URL": Variable(
        "a superuser's URL of the moving context's database in its service"
    ),
    "VORTEX_MOVE_REHEARSE": Variable("how to start the service's own code, which replays commands"),
    "VORTEX_MOVE_TARGET_URL": Variable("where the service answers to the monolith"),
    "VORTEX_ORIGINS": Variable("the origins that passkeys are used from, with commas"),
    "VORTEX_PROVIDERS_MAY_BE_LOCAL": Variable(
        "`1` asks those providers by http and at private addresses too; on one's own machine only",
        "0",
    ),
    "VORTEX_PAYMENT_JUDGE": Variable(
        "the interface of a contract that judges transfers beside the ledger's own rules, as"
        " `package.module.Interface`; nobody where it is empty"
    ),
    "VORTEX_PUBLIC_URL": Variable("where people find the bank", "http://localhost:8000"),
    "VORTEX_RATE_LIMIT_SCALE": Variable("multiplies every rate limit, for load tests", "1"),
    "VORTEX_REQUEST_DEADLINE_MS": Variable("the longest that one request may take", "30000"),
    "VORTEX_RP_ID": Variable("the host that passkeys belong to; that of the public address"),
    "VORTEX_RPC_CALLS_PER_CALLEE": Variable(
        "threads of one process that may wait for one other service at once", "12"
    ),
    "VORTEX_RPC_KEYS": Variable(
        "`kid:secret` pairs with commas: the first signs calls, all of them verify", needed=True
    ),
    "VORTEX_SECRET_KEY": Variable(
        "Django's secret, and what stored keys are sealed with", needed=True
    ),
    "VORTEX_SMS_CARRIER": Variable(
        "what carries codes by SMS: a JSON object with the `kind` `local` (a laptop's mailbox), or"
        " `twilio` with `account`, `secret`, `sender`, and perhaps `key` and `base_url` (Twilio's"
        " Messages API)",
        '{"kind": "local"}',
    ),
    "VORTEX_SMS_COUNTRIES": Variable(
        "the countries that SMS are sent to, as regions of ISO 3166 with spaces",
        "the EEA, CH, GB, US, CA",
    ),
    "VORTEX_SMS_DAILY_BUDGET": Variable(
        "how many SMS are sent in a day (UTC); after that they are refused with `Retry-After`",
        "1000",
    ),
    "VORTEX_SMTP_URL": Variable(
        "`smtp://user:password@host:587` (STARTTLS) or `smtps://…`; without it mail stays in a"
        " local mailbox"
    ),
    "VORTEX_SSL_REDIRECT": Variable("`0` serves plain HTTP; production settings only", "1"),
    "VORTEX_TOKEN_ISSUER": Variable("the issuer of access tokens", "vortexcore"),
    "VORTEX_TOPOLOGY_FILE": Variable(
        "the file that says where contexts run; it is replaced by renaming", "run/topology.json"
    ),
    "VORTEX_TRUSTED_PROXIES": Variable("how many proxies in front append to X-Forwarded-For", "0"),
    "VORTEX_VERSION": Variable("the tag of the image that Compose starts", "local"),
    **{
        context.database_variable: Variable(
            f"PostgreSQL for {context.name}, as the role `{context.role}`", needed=True
        )
        for context in CONTEXTS
    },
}


def settings_page() -> str:
    """Return the page; refuse a variable that is read or described, but not both."""
    read = variables_read()
    unknown, unread = sorted(read - VARIABLES.keys()), sorted(VARIABLES.keys() - read)
    if unknown or unread:
        raise LookupError(
            f"config/reference/variables.py lacks {unknown}, and nobody reads {unread} of it"
        )
    rows = (
        (
            f"`{name}`",
            known.meaning,
            _code(known.default),
            "yes" if known.needed else "",
        )
        for name, known in sorted(VARIABLES.items())
    )
    opening = (
        "Whatever differs from one deployment to the next is an environment variable. `make up`"
        " sets what it needs; production settings refuse to start without those that are needed."
    )
    return page("Settings", opening, table(("variable", "meaning", "default", "needed"), rows))


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def variables_read(root: Path = _ROOT) -> set[str]:
    """Return the names of the variables that the code and the deployment files read."""
    found = {context.database_variable for context in CONTEXTS}
    for package in ("vortex", "apps", "config", "extraction"):
        for file in (root / package).rglob("*.py"):
            if not {"tests", "testing", "reference", "node_modules"}.intersection(
                file.relative_to(root).parts
            ):
                found |= set(_read_in(ast.parse(file.read_text(encoding="utf-8"))))
    for name in ("docker-compose.yml",):
        text = (root / name).read_text(encoding="utf-8")
        found |= set(re.findall(r"\$\{(VORTEX_[A-Z0-9_]+)", text))
    return found


def _read_in(module: ast.Module) -> Iterator[str]:
    """Yield the names in `os.environ["X"]` and in calls such as `os.environ.get("X")`."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            place, name = node.func, node.args[0] if node.args else None
        elif isinstance(node, ast.Subscript):
            place, name = node.value, node.slice
        else:
            continue
        asked = isinstance(name, ast.Constant) and _ENVIRON.fullmatch(ast.unparse(place))
        if asked and isinstance(name, ast.Constant) and isinstance(name.value, str):
            yield name.value
