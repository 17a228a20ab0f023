"""What the ledger says no to; each code stays for ever."""

from vortex.errors import Conflict, Invalid, NotFound, Refused


class LedgerAccountNotFound(NotFound, code="account_not_found", title="Account not found"):
    """The ledger keeps no such account, or it belongs to somebody else."""


class PostingNotFound(NotFound, code="transaction_not_found", title="Transaction not found"):
    """There is no such posting, or it touches no account of the caller."""


class InsufficientFunds(Refused, code="insufficient_funds", title="Not enough money"):
    """The debit would take the account below its limit."""


class BalanceOutOfRange(Refused, code="balance_out_of_range", title="Balance out of range"):
    """The balance would leave what the ledger can hold, four quintillion minor units each way."""


class AccountFrozen(Refused, code="account_frozen", title="Account frozen"):
    """The account does not take this side of a posting while it is frozen."""


class ExternalAccount(Refused, code="external_account", title="Account at another bank"):
    """The account is kept by another bank; its money is not moved from or to here."""


class AccountClosed(Refused, code="account_closed", title="Account closed"):
    """A closed account takes no postings."""


class AccountNotEmpty(Conflict, code="account_not_empty", title="Account not empty"):
    """Only an account without money and without holds can be closed."""


class UnbalancedPosting(Invalid, code="unbalanced_posting", title="Posting does not balance"):
    """The legs do not sum to zero in every currency."""


class MalformedPosting(Invalid, code="malformed_posting", title="Malformed posting"):
    """Fewer than two legs, too many, a zero leg, an amount out of range, or one account twice."""


class PostingIdReused(Conflict, code="posting_id_reused", title="Posting id already used"):
    """Another posting, with other legs, was made under this id."""


class AccountIdReused(Conflict, code="account_id_reused", title="Account id already used"):
    """The ledger keeps another account, with other terms, under this id."""


class AlreadyReversed(Conflict, code="already_reversed", title="Already reversed"):
    """The posting has been reversed before, or is itself a reversal."""


class ReversalExceedsOriginal(
    Refused, code="reversal_exceeds_original", title="More than is left to undo"
):
    """All partial reversals of a posting together undo at most the whole of it."""


class PartialReversalRefused(
    Refused, code="partial_reversal_refused", title="Only undone as a whole"
):
    """A posting is undone in part only where it has two legs; any other is undone whole."""


class UnknownCategory(Invalid, code="unknown_category", title="Unknown category"):
    """The category is none of those that GET /api/transactions/categories lists."""


class InvalidEffectiveDate(
    Invalid, code="invalid_effective_date", title="Effective date too far away"
):
    """A transfer counts at most a year before or after it is booked."""


class MomentInFuture(Invalid, code="moment_in_future", title="Not yet known"):
    """A balance is known up to now; of tomorrow nobody knows it."""


class RangeTooWide(Invalid, code="range_too_wide", title="Range too wide"):
    """The days asked for end before they begin, or there are more than 1,100 of them."""


class SearchTooBroad(Refused, code="search_too_broad", title="Search too broad"):
    """The search took longer than five seconds. Narrow it by account or by dates."""


class CategoryNotFound(NotFound, code="category_not_found", title="Category not found"):
    """There is no such category of one's own; everybody's cannot be changed."""


class CategoryExists(Conflict, code="category_exists", title="Category exists"):
    """One already has a category of this name."""


class TooManyCategories(Refused, code="too_many_categories", title="Too many categories"):
    """One already has as many categories of one's own as anybody may."""


class SpendingLimitExceeded(
    Refused, code="spending_limit_exceeded", title="Beyond the spending limit"
):
    """The debit would pass a limit of the account; `period`, `channel` and `left_minor` say which.

    `period` is transaction, day or month (UTC), or balance: what a debit has to leave.
    """


class CategoryLoop(Conflict, code="category_loop", title="Category below itself"):
    """A category hangs under no category of its own, and at most five deep."""


class ExportTooLarge(Refused, code="export_too_large", title="Too much for one file"):
    """There is more than a file of this format takes; `most_lines` says how much that is."""
