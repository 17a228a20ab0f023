"""What carries an SMS, and how it can fail."""

from datetime import timedelta
from typing import Protocol


class CarrierUnavailableError(Exception):
    """The carrier did not take the text, or did not say; `wait` is how long it asks us to wait."""

    def __init__(self, why: str, wait: timedelta = timedelta(0)) -> None:
        super().__init__(why)
        self.wait = wait


class NumberRefusedError(Exception):
    """The carrier sends nothing to this number; it says so again if it is asked again."""


class CarrierMisconfiguredError(Exception):
    """The carrier does not let the bank in, or not do this: the operator has to change something.

    Its text is the carrier's own number of the error, and holds nothing that somebody typed.
    """


class Carrier(Protocol):
    """What carries an SMS."""

    name: str

    def send(self, *, number: str, text: str) -> str:
        """Send a text to a number in E.164 and return the carrier's name of it, or raise.

        Raises CarrierUnavailableError, NumberRefusedError or CarrierMisconfiguredError. A carrier
        knows no repetition: called twice, it sends two.
        """
        ...
