"""Links sent by mail: what they are for and how long they are good."""

from datetime import timedelta
from typing import Final

VERIFY_EMAIL: Final = "verify_email"
CHANGE_EMAIL: Final = "change_email"
RESET_PASSWORD: Final = "reset_password"  # noqa: S105 - the name of a purpose
PURPOSES: Final = (VERIFY_EMAIL, CHANGE_EMAIL, RESET_PASSWORD)

LIFETIME_OF: Final = {
    VERIFY_EMAIL: timedelta(days=3),
    CHANGE_EMAIL: timedelta(hours=1),
    RESET_PASSWORD: timedelta(minutes=30),
}
# Where the web client takes a link, and what the mail says about it.
PAGE_OF: Final = {
    VERIFY_EMAIL: "/verify-email",
    CHANGE_EMAIL: "/verify-email",
    RESET_PASSWORD: "/reset-password",
}
SUBJECT_OF: Final = {
    VERIFY_EMAIL: "Confirm your e-mail address",
    CHANGE_EMAIL: "Confirm your new e-mail address",
    RESET_PASSWORD: "Set a new password",
}


def link_text(purpose: str, name: str, address: str, minutes: int) -> str:
    """Return the text of a mail with a link."""
    return (
        f"Hello {name},\n\n{SUBJECT_OF[purpose]} by following this link within {minutes} minutes:"
        "\n\n"
        f"{address}\n\nIf you did not ask for this, do nothing: nothing will change.\n"
    )


def notice_text(name: str, what: str) -> str:
    """Return the text of a mail that tells what has happened."""
    return (
        f"Hello {name},\n\n{what}\n\nIf this was not you, set a new password at once: that signs"
        " everybody out. We never ask for your password or a code by mail.\n"
    )
