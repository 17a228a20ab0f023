"""What the bank asks of another bank, whatever the wire format, and how that can fail.

Nothing that another bank says is believed beyond this: it is one customer's word, shown as such.
"""

from datetime import date, datetime
from typing import Protocol

from vortex.contracts import Value


class BankUnavailableError(Exception):
    """The bank did not answer, or said that it cannot now: ask again later."""


class BankRefusedError(Exception):
    """The bank does not accept our token any more: the customer has to agree again."""


class BankTalksNonsenseError(Exception):
    """What came back is not what was asked for: too much, unreadable, or about another account."""


class Endpoint(Value):
    """A bank as the operator names it. `base_url` has no slash at its end."""

    name: str
    title: str
    base_url: str
    client_id: str
    client_secret: str


class Begun(Value):
    """A consent that the customer has yet to give, at the address where they do."""

    external_id: str
    authorization_url: str


class Tokens(Value):
    """What opens the customer's accounts at the bank. Sealed wherever it is kept."""

    access: str
    refresh: str
    access_expires_at: datetime


class OutsideAccount(Value):
    """An account at another bank; `number` is what its holder recognises it by."""

    external_id: str
    currency: str
    number: str
    name: str


class OutsideLine(Value):
    """A booked movement of an account at another bank; positive is a credit."""

    booked_date: date
    amount_minor: int
    description: str
    counterparty: str


class Bank(Protocol):
    """Another bank. Every call may raise the three errors above."""

    def begin(
        self, *, state: str, challenge: str, redirect_uri: str, expires_at: datetime
    ) -> Begun:
        """Announce a consent and return where the customer gives it."""
        ...

    def finish(self, *, code: str, verifier: str, redirect_uri: str, at: datetime) -> Tokens:
        """Change the code that the customer came back with for tokens; a code opens once."""
        ...

    def refreshed(self, tokens: Tokens, *, at: datetime) -> Tokens:
        """Return tokens that are good for a while longer."""
        ...

    def accounts(self, tokens: Tokens) -> tuple[OutsideAccount, ...]:
        """Return the accounts that the consent is about."""
        ...

    def booked_minor(self, tokens: Tokens, account: OutsideAccount) -> int:
        """Return what the bank says is booked on an account, in minor units."""
        ...

    def lines(
        self, tokens: Tokens, account: OutsideAccount, *, since: date
    ) -> tuple[OutsideLine, ...]:
        """Return everything that was booked from a day on, that whole day included."""
        ...

    def revoke(self, external_id: str) -> None:
        """Tell the bank that a consent is over; one that it does not know is over already."""
        ...
