"""Carrying another bank over: open its customers and accounts, then replay its movements.

The dump is read to its end before anything is written, so a damaged one changes nothing. Every id
is derived from the dump, so a run that was killed is finished by the next, and a second run adds
nothing.
"""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Final
from uuid import UUID

from apps.accounts.contracts import Accounts, Product
from apps.auth.contracts import Users
from apps.transactions.adapters.banks import BankDump
from apps.transactions.adapters.banks.dump import Movement, Opening, Person
from apps.transactions.contracts import Ledger, LedgerAccountKind, Leg, Outcome, Posting
from vortex.binding import bind
from vortex.contracts import Value
from vortex.ids import new_id
from vortex.telemetry.progress import Style, progress

_BATCH: Final = 1_000
_OVERDRAFT_STEP: Final = 100_000  # minor units: an overdraft is granted in whole thousands
_EXAMPLES: Final = 20


@dataclass(frozen=True)
class Survey:
    """What one reading of the whole dump told: how much there is, and how low each account went."""

    rows: int
    lowest_minor: dict[UUID, int]
    first: Counter[str]  # how many accounts begin with which kind of movement

    @property
    def accounts(self) -> frozenset[UUID]:
        """The accounts with at least one movement."""
        return frozenset(self.lowest_minor)

    def overdraft_minor(self, account_id: UUID) -> int:
        """Return the overdraft to grant: as far as the account went, in whole thousands upwards.

        A dump does not say what the other bank had granted, only how far it let each account go.
        """
        return -(self.lowest_minor[account_id] // _OVERDRAFT_STEP) * _OVERDRAFT_STEP

    @property
    def overdrafts(self) -> int:
        """How many accounts are granted an overdraft."""
        return sum(lowest < 0 for lowest in self.lowest_minor.values())


class RefusedMovement(Value):
    """A movement that the ledger did not take, and why."""

    reference: str
    code: str
    detail: str


@dataclass
class Replay:
    """What became of the movements; `seconds` is the time spent posting."""

    posted: int = 0
    already_there: int = 0
    seconds: float = 0.0
    refusals: Counter[str] = field(default_factory=Counter)
    examples: list[RefusedMovement] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many movements the ledger has answered for."""
        return self.posted + self.already_there + self.refusals.total()

    @property
    def per_second(self) -> float:
        """Postings answered per second."""
        return self.rows / self.seconds if self.seconds else 0.0

    def add(self, movements: list[Movement], outcomes: tuple[Outcome, ...]) -> None:
        """Count the outcomes of one batch."""
        for movement, outcome in zip(movements, outcomes, strict=True):
            if not outcome.posted:
                self.refusals[outcome.code] += 1
                refused = RefusedMovement(
                    reference=movement.reference, code=outcome.code, detail=outcome.detail
                )
                self.examples += [refused][: _EXAMPLES - len(self.examples)]
            elif outcome.replayed:
                self.already_there += 1
            else:
                self.posted += 1


def survey(movements: Iterable[Movement]) -> Survey:
    """Read every movement; raise what is wrong with the dump before anything is written."""
    running: Counter[UUID] = Counter()
    lowest: dict[UUID, int] = {}
    first: Counter[str] = Counter()
    rows = 0
    for movement in movements:
        rows += 1
        account = movement.account_id
        first[movement.description] += account not in lowest
        running[account] += movement.amount_minor
        reached = min(running[account], movement.balance_minor)
        lowest[account] = min(lowest.get(account, 0), reached)
    return Survey(rows, lowest, +first)


def open_bank(dump: BankDump, found: Survey, *, style: Style) -> tuple[int, int]:
    """Register holders and open the accounts that have movements; return how many of each.

    A second call opens nothing. Refuses with EmailTaken or AccountTermsDiffer where the bank keeps
    somebody or something else under the same e-mail address or id.
    """
    people = list(dump.people(found.accounts))
    openings = list(dump.openings(found.accounts))
    total = len(people) + len(openings)
    with progress("Opening customers and accounts", total, style=style) as advance:
        for person in people:
            _register(person)
            advance(1)
        for opening in openings:
            _open(dump, opening, found.overdraft_minor(opening.account_id))
            advance(1)
    return len(people), len(openings)


def replay(dump: BankDump, *, rows: int, style: Style) -> Replay:
    """Post the first `rows` movements, in booking order; return what became of them."""
    against = _OwnAccounts(dump)
    result = Replay()
    movements = islice(dump.movements(), rows)
    with progress("Replaying movements", rows, style=style) as advance:
        while batch := list(islice(movements, _BATCH)):
            postings = tuple(_posting(dump, movement, against) for movement in batch)
            began = time.perf_counter()
            outcomes = bind(Ledger).post_many(batch_id=new_id(), postings=postings)
            result.seconds += time.perf_counter() - began
            result.add(batch, outcomes)
            advance(len(batch))
    return result


class _OwnAccounts:
    """The bank's own accounts, opened when the first movement needs them."""

    def __init__(self, dump: BankDump) -> None:
        self._dump = dump
        self._known: dict[str, UUID] = {}

    def __getitem__(self, purpose: str) -> UUID:
        if purpose not in self._known:
            account_id, name = self._dump.system_account(purpose)
            bind(Ledger).open_account(
                account_id=account_id,
                owner_id=None,
                currency=self._dump.currency,
                kind=LedgerAccountKind.SYSTEM,
                name=name,
                overdraft_minor=0,
                opened_at=self._dump.began_at(),
            )
            self._known[purpose] = account_id
        return self._known[purpose]


def _register(person: Person) -> None:
    """Register a holder, who cannot sign in: the dump has no password."""
    bind(Users).register(
        user_id=person.user_id,
        email=person.email,
        full_name=person.full_name,
        password=None,
        roles=("customer",),
        created_at=person.registered_at,
    )


def _open(dump: BankDump, opening: Opening, overdraft_minor: int) -> None:
    bind(Accounts).open_account(
        account_id=opening.account_id,
        owner_id=opening.owner_id,
        product=Product.CHECKING,
        currency=dump.currency,
        nickname=f"{dump.name.title()} {opening.key}",
        overdraft_minor=overdraft_minor,
        opened_at=opening.opened_at,
    )


def _posting(dump: BankDump, movement: Movement, against: _OwnAccounts) -> Posting:
    amount, own = movement.amount_minor, against[movement.against]
    return Posting(
        posting_id=movement.posting_id,
        legs=(
            Leg(account_id=movement.account_id, amount_minor=amount, currency=dump.currency),
            Leg(account_id=own, amount_minor=-amount, currency=dump.currency),
        ),
        kind=movement.kind,
        description=movement.description,
        category=movement.category,
        counterparty=movement.counterparty,
        reference=movement.reference,
        effective_date=movement.effective_date,
        booked_at=movement.booked_at,
    )
