"""The refusal that every interface of accounts shares."""

from vortex.errors import NotFound


class AccountNotFound(NotFound, code="bank_account_not_found", title="Account not found"):
    """There is no such account, or it is not the caller's."""
