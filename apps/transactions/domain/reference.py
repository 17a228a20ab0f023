"""The ledger in plain Python: what the posting engine must answer, item by item.

It is the oracle of the property tests. It knows nothing of locks, sets or round trips, so it can be
read as the definition of posting.
"""

from dataclasses import dataclass, field
from uuid import UUID

from apps.transactions.contracts import Leg, Posting
from apps.transactions.domain.posting import MAX_BALANCE, content_hash, problem_of


@dataclass
class PlainAccount:
    """An account: `floor_minor` is the lowest balance that a debit may leave, None for no floor."""

    currency: str
    floor_minor: int | None
    balance_minor: int = 0
    version: int = 0
    debits_frozen: bool = False
    credits_frozen: bool = False
    closed: bool = False


@dataclass
class PlainLedger:
    """Accounts, and the postings that stand."""

    accounts: dict[UUID, PlainAccount] = field(default_factory=dict)
    hashes: dict[UUID, bytes] = field(default_factory=dict)

    def post(self, posting: Posting) -> str:
        """Make a posting; return "posted", "replayed" or the code of the refusal."""
        problem = problem_of(posting)
        if problem is not None:
            return problem.code
        known = self.hashes.get(posting.posting_id)
        if known is not None:
            return "replayed" if known == content_hash(posting) else "posting_id_reused"
        code = self._first_problem(posting)
        if code:
            return code
        for leg in posting.legs:
            account = self.accounts[leg.account_id]
            account.balance_minor += leg.amount_minor
            account.version += 1
        self.hashes[posting.posting_id] = content_hash(posting)
        return "posted"

    def _first_problem(self, posting: Posting) -> str:
        for leg in posting.legs:
            code = self._problem_of_leg(leg)
            if code:
                return code
        for leg in posting.legs:
            account = self.accounts[leg.account_id]
            after = account.balance_minor + leg.amount_minor
            floor = account.floor_minor
            if leg.amount_minor < 0 and floor is not None and after < floor:
                return "insufficient_funds"
            if abs(after) > MAX_BALANCE:
                return "balance_out_of_range"
        return ""

    def _problem_of_leg(self, leg: Leg) -> str:
        account = self.accounts.get(leg.account_id)
        if account is None:
            return "account_not_found"
        if account.currency != leg.currency:
            return "currency_mismatch"
        if account.closed:
            return "account_closed"
        frozen = account.debits_frozen if leg.amount_minor < 0 else account.credits_frozen
        return "account_frozen" if frozen else ""
