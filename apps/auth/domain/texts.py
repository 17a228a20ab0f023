"""Codes by SMS: what they are for, how long they are good, how often sending is tried."""

from datetime import timedelta
from typing import Final

PROVE_PHONE: Final = "prove_phone"
SIGN_IN_TEXT: Final = "sign_in"
PURPOSES: Final = (PROVE_PHONE, SIGN_IN_TEXT)

WAITING: Final = "waiting"
SENDING: Final = "sending"
SENT: Final = "sent"
FAILED: Final = "failed"
USED: Final = "used"
VOID: Final = "void"
STATES: Final = (WAITING, SENDING, SENT, FAILED, USED, VOID)
# A code may arrive although its carrier never said so.
OPEN: Final = (WAITING, SENDING, SENT)

LIFETIME: Final = timedelta(minutes=10)
WRONG_CODES_ALLOWED: Final = 5
MOST_ATTEMPTS: Final = 4
# Whoever took a text up and says nothing for so long has died.
ABANDONED_AFTER: Final = timedelta(minutes=1)
_WAIT: Final = timedelta(seconds=5)
_LONGEST_WAIT: Final = timedelta(minutes=2)


def wait_after(attempts: int, asked_for: timedelta) -> timedelta:
    """Return how long to wait after so many attempts; a carrier may ask for more."""
    return min(max(_WAIT * int(4 ** (attempts - 1)), asked_for), _LONGEST_WAIT)


_WHAT: Final = {
    PROVE_PHONE: "is your code to confirm this number",
    SIGN_IN_TEXT: "is your code to sign in",
}


def text_of(purpose: str, code: str, host: str) -> str:
    """Return a text in the letters of GSM 7 bit, short enough to be one SMS for usual hosts.

    Its last line binds the code to the bank's own page: a browser fills it in nowhere else
    (Origin-bound one-time codes delivered via SMS, WICG).
    """
    return (
        f"VortexCore: {code} {_WHAT[purpose]}, for at most 10 minutes. We never ask for it."
        f"\n\n@{host} #{code}"
    )
