"""Links sent by mail: what they are for and how long they are good."""

from datetime import timedelta
from typing import Final

from apps.auth.domain.challenges import MAIL_LIFETIME

VERIFY_EMAIL: Final = "verify_email"
CHANGE_EMAIL: Final = "change_email"
RESET_PASSWORD: Final = "reset_password"  # noqa: S105 - the name of a purpose
UNDO_EMAIL: Final = "undo_email"
SIGN_IN_CODE: Final = "sign_in_code"
PURPOSES: Final = (VERIFY_EMAIL, CHANGE_EMAIL, RESET_PASSWORD, UNDO_EMAIL, SIGN_IN_CODE)

LIFETIME_OF: Final = {
    VERIFY_EMAIL: timedelta(days=3),
    CHANGE_EMAIL: timedelta(hours=1),
    RESET_PASSWORD: timedelta(minutes=30),
    # Whoever has lost an account over a week-end still gets it back.
    UNDO_EMAIL: timedelta(days=7),
    SIGN_IN_CODE: MAIL_LIFETIME,
}
# Where the web client takes a link, and what the mail says about it.
PAGE_OF: Final = {
    VERIFY_EMAIL: "/verify-email",
    CHANGE_EMAIL: "/verify-email",
    RESET_PASSWORD: "/reset-password",
    UNDO_EMAIL: "/undo-email",
}
SUBJECT_OF: Final = {
    VERIFY_EMAIL: "Confirm your e-mail address",
    CHANGE_EMAIL: "Confirm your new e-mail address",
    RESET_PASSWORD: "Set a new password",
    UNDO_EMAIL: "Your e-mail address was changed",
    SIGN_IN_CODE: "Your code to sign in",
}


def link_text(purpose: str, name: str, address: str, minutes: int) -> str:
    """Return the text of a mail with a link."""
    if purpose == UNDO_EMAIL:
        return (
            f"Hello {name},\n\nThe e-mail address of your account was changed; this one is not used"
            " any more. If that was you, there is nothing to do.\n\nIf it was not, take the account"
            f" back within {minutes // 1440} days by following this link:\n\n{address}\n\nThen this"
            " address counts again, everybody is signed out, and we send you a link to set a new"
            " password. We never ask for your password or a code by mail.\n"
        )
    return (
        f"Hello {name},\n\n{SUBJECT_OF[purpose]} by following this link within {minutes} minutes:"
        "\n\n"
        f"{address}\n\nIf you did not ask for this, do nothing: nothing will change.\n"
    )


def code_text(name: str, code: str, minutes: int) -> str:
    """Return the text of a mail with a code to sign in."""
    return (
        f"Hello {name},\n\nYour code to sign in is\n\n    {code}\n\nIt is good once, within"
        f" {minutes} minutes, on the page that asked for it. Nobody of the bank ever asks for it."
        " If you did not ask for it, do nothing: without the code nobody is let in.\n"
    )


def notice_text(name: str, what: str) -> str:
    """Return the text of a mail that tells what has happened."""
    return (
        f"Hello {name},\n\n{what}\n\nIf this was not you, set a new password at once: that signs"
        " everybody out. We never ask for your password or a code by mail.\n"
    )
