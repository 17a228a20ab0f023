"""A carrier for a laptop: an SMS lies in the mailbox where mail lies."""

from apps.auth.adapters.mail import SMS, Mail, Mailbox
from vortex.clock import now
from vortex.ids import new_id


class LocalCarrier:
    """Puts an SMS where a developer reads it."""

    name = "local"

    def send(self, *, number: str, text: str) -> str:
        """Put a text on top of the mailbox."""
        Mailbox().send(Mail(to=number, subject="SMS", text=text, at=now().isoformat(), kind=SMS))
        return str(new_id())
