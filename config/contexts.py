"""The list of bounded contexts; settings, URLs, tests and extraction read it."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Context:
    """One bounded context: what it is called, where its data lives, where it is served."""

    name: str
    database: str
    port: int  # of the service once it is carved out
    owns: str

    @property
    def package(self) -> str:
        """The Python package, the same inside the monolith and in a service of its own."""
        return f"apps.{self.name}"

    @property
    def label(self) -> str:
        """The Django app label; django.contrib.auth already owns `auth`."""
        return "vortex_auth" if self.name == "auth" else self.name

    @property
    def role(self) -> str:
        """The PostgreSQL role that may connect to this context's database and to no other."""
        return f"vortex_{self.name}"

    @property
    def service(self) -> str:
        """The name of the deployable."""
        return f"vortex-{_SINGULAR.get(self.name, self.name)}-service"

    @property
    def database_variable(self) -> str:
        """The environment variable that holds the database URL."""
        return f"VORTEX_{self.name.upper()}_DATABASE_URL"


_APPS = Path(__file__).resolve().parents[1] / "apps"
_SINGULAR = {
    "accounts": "account",
    "transactions": "transaction",
    "payments": "payment",
    "notifications": "notification",
}

CONTEXTS: tuple[Context, ...] = (
    Context("auth", "auth_db", 3001, "users, sign-in, tokens, sessions, roles"),
    Context("accounts", "accounts_db", 3002, "who holds which account, products, status, links"),
    Context("transactions", "transactions_db", 3003, "the ledger: postings, entries, balances"),
    Context("payments", "payments_db", 3004, "payments, payees, schedules, webhooks"),
    Context("ai", "insights_db", 3005, "insights, predictions, recommendations"),
    Context("analytics", "analytics_db", 3006, "reports, aggregates, metrics over time"),
    Context("notifications", "notifications_db", 3007, "messages to people, preferences"),
    Context("chat", "chat_db", 3008, "conversations with support and the assistant"),
    Context("security", "security_db", 3009, "audit trail, monitoring, compliance"),
    Context("config", "config_db", 3010, "feature flags, experiments, limits, prices"),
)

TOPICS: tuple[str, ...] = (
    "user.events",
    "transaction.events",
    "payment.events",
    "notification.events",
    "ai.insights.events",
    "security.events",
    "config.events",
)


def context(name: str) -> Context:
    """Return the context of that name; refuse an unknown one with the list of names."""
    for known in CONTEXTS:
        if known.name == name:
            return known
    raise LookupError(f"no context {name!r}; there are {', '.join(c.name for c in CONTEXTS)}")


def hosted() -> tuple[Context, ...]:
    """Return the contexts whose code runs here: those that VORTEX_HOSTS names, else all on disk.

    A service that was carved out has one on disk, and the contracts of the others.
    """
    named = os.environ.get("VORTEX_HOSTS", "")
    if named.strip():
        return tuple(context(name.strip()) for name in named.split(","))
    return tuple(known for known in CONTEXTS if (_APPS / known.name / "apps.py").exists())


def default_context() -> str:
    """Return the context whose database is Django's `default`: auth, or the first one hosted."""
    names = [known.name for known in hosted()]
    return "auth" if "auth" in names else names[0]


def alias(name: str) -> str:
    """Return the Django database alias of a context."""
    return "default" if name == default_context() else name


def own_queue() -> str:
    """Return the queue of this deployment's housekeeping: a service tidies up its own database."""
    if hosted() == CONTEXTS:
        return "kernel"
    return f"kernel.{'.'.join(known.name for known in hosted())}"
