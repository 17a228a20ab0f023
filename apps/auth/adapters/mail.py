"""Mail to people: by SMTP where it is configured, else into a mailbox that local settings show.

The notifications context takes over by its contract one day; until then this is all that sends.
"""

from functools import cache
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

import msgspec
from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from vortex import valkey
from vortex.clock import now
from vortex.contracts import Value
from vortex.telemetry import get_logger

MAIL: Final = "mail"
SMS: Final = "sms"
_MAILBOX: Final = "auth:mailbox"
_KEPT: Final = 200
_KEPT_SECONDS: Final = 86_400
_TIMEOUT_SECONDS: Final = 10
_PLAIN_PORT: Final = 587
_SECURE_PORT: Final = 465

log = get_logger("auth.mail")


class Mail(Value):
    """A mail, or an SMS to a number, as it was sent; `at` is in ISO 8601."""

    to: str
    subject: str
    text: str
    at: str = ""
    kind: str = MAIL


class Post(Protocol):
    """What carries mail."""

    def send(self, mail: Mail) -> None:
        """Send a mail or raise; a mail that was sent twice is read twice, and harms nobody."""
        ...


class Smtp:
    """Carries mail to an SMTP server, over TLS."""

    def send(self, mail: Mail) -> None:
        """Send by the server of VORTEX_SMTP_URL."""
        server = urlsplit(settings.VORTEX_SMTP_URL)
        secure = server.scheme == "smtps"
        backend = EmailBackend(
            host=server.hostname,
            port=server.port or (_SECURE_PORT if secure else _PLAIN_PORT),
            username=unquote(server.username or ""),
            password=unquote(server.password or ""),
            use_tls=not secure,
            use_ssl=secure,
            timeout=_TIMEOUT_SECONDS,
        )
        message = EmailMessage(
            mail.subject, mail.text, settings.VORTEX_MAIL_FROM, [mail.to], connection=backend
        )
        message.send()


class Mailbox:
    """Keeps mail for a day in Valkey, where a developer reads it."""

    def send(self, mail: Mail) -> None:
        """Put a mail on top."""
        with valkey.client().pipeline() as pipe:
            pipe.lpush(_MAILBOX, msgspec.json.encode(mail))
            pipe.ltrim(_MAILBOX, 0, _KEPT - 1)
            pipe.expire(_MAILBOX, _KEPT_SECONDS)
            pipe.execute()

    def read(self) -> list[Mail]:
        """Return the mail of the last day, newest first."""
        kept = valkey.client().lrange(_MAILBOX, 0, _KEPT - 1)
        return [msgspec.json.decode(one, type=Mail) for one in kept]


def send(to: str, subject: str, text: str) -> None:
    """Send a mail; neither the text nor the address is logged."""
    _post(bool(settings.VORTEX_SMTP_URL)).send(
        Mail(to=to, subject=subject, text=text, at=now().isoformat())
    )
    log.info("auth.mail.sent", subject=subject)


@cache
def _post(by_smtp: bool) -> Post:  # noqa: FBT001 - the key of a cache
    return Smtp() if by_smtp else Mailbox()
