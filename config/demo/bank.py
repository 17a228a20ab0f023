"""Opening the demonstration bank: people, accounts and their past, through the contracts alone.

Every id is derived from the seed and the first day, which the bank itself remembers as the day on
which its first customer registered. So a run that was killed is completed by the next one, a second
run adds nothing, and a run on a later day adds the days since.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from apps.accounts.contracts import Accounts, Arranging
from apps.auth.contracts import UserNotFound, Users, UserView
from apps.transactions.contracts import (
    ExchangeRates,
    Ledger,
    LedgerAccountKind,
    Leg,
    Outcome,
    Posting,
)
from config.demo.arranged import ARRANGED
from config.demo.calendar import at, years_before
from config.demo.life import simulate
from config.demo.movement import OWN_ACCOUNTS, Flow, Movement, own
from config.demo.people import CUSTOMERS, QUICK, Customer
from vortex.binding import bind
from vortex.ids import derived_id, new_id
from vortex.telemetry.progress import Style, progress

PASSWORD: Final = "vortex-demo-2026"  # noqa: S105 - it is in the manual, and refused elsewhere
STAFF: Final = ("staff@example.com", "Sasha Support", ("administrator", "support_agent"))
YEARS: Final = 2

_BATCH: Final = 1_000
_RATES: Final = (
    ("EUR", "GBP", 861_200_000),
    ("GBP", "EUR", 1_160_700_000),
    ("EUR", "USD", 1_083_400_000),
    ("USD", "EUR", 922_800_000),
    ("GBP", "USD", 1_257_600_000),
    ("USD", "GBP", 794_900_000),
)
_SPREAD_PPM: Final = 4_000


class OtherBankError(ValueError):
    """The bank holds a demonstration of another seed, or a real customer under a demo address."""


@dataclass
class Filled:
    """What a run did: how many people, accounts and postings, and what the ledger refused."""

    customers: int
    accounts: int
    start: date
    posted: int = 0
    already_there: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def add(self, outcomes: tuple[Outcome, ...]) -> None:
        """Count the outcomes of one batch."""
        for outcome in outcomes:
            if not outcome.posted:
                self.refused[outcome.code] += 1
            elif outcome.replayed:
                self.already_there += 1
            else:
                self.posted += 1


@dataclass(frozen=True)
class Demonstration:
    """One demonstration bank: which seed, since when, and who takes part."""

    seed: int
    start: date
    people: tuple[Customer, ...]

    def id_of(self, *names: str, moment: datetime | None = None) -> UUID:
        """Return the id of something in this demonstration."""
        return derived_id(moment or at(self.start, 0), "demo", str(self.seed), *names)

    def movements(self, until: datetime, after: datetime | None) -> list[Movement]:
        """Return what happens up to an instant, without what happened up to another."""
        lives = simulate(self.people, seed=self.seed, start=self.start, until=until)
        return [movement for movement in lives if after is None or movement.at > after]


def demonstration(*, seed: int, today: date, quick: bool) -> tuple[Demonstration, bool]:
    """Return the demonstration to open or to go on with, and whether the bank has it already.

    Raises OtherBankError where the bank's first customer is not of this seed.
    """
    people = CUSTOMERS[:QUICK] if quick else CUSTOMERS
    known = _first_customer()
    start = known.created_at.date() if known else years_before(today, YEARS)
    demo = Demonstration(seed, start, people)
    if known and known.user_id != demo.id_of("user", people[0].key):
        raise OtherBankError(
            f"{known.email} is registered already, and not by a demonstration with the seed {seed}."
        )
    return demo, known is not None


def fill(demo: Demonstration, *, until: datetime, after: datetime | None, style: Style) -> Filled:
    """Register, open and post everything up to `until` that is not there yet.

    `after` is an instant up to which all is known to be posted, people and accounts included; what
    came before it is not sent again.
    """
    purses = sum(len(person.purses) for person in demo.people)
    filled = Filled(len(demo.people), purses, demo.start)
    movements = demo.movements(until, after)
    if after is None:
        _open(demo, style)
    ids = _account_ids(demo, movements)
    with progress(f"Postings since {demo.start}", len(movements), style=style) as advance:
        for batch in _batches(movements):
            postings = tuple(_posting(demo, movement, ids) for movement in batch)
            filled.add(bind(Ledger).post_many(batch_id=new_id(), postings=postings))
            advance(len(batch))
    if after is None:
        _arrange(demo, until)
    return filled


def _arrange(demo: Demonstration, at: datetime) -> None:
    """Put limits, pots, cards and the like around accounts, after all that has happened there."""
    people = {person.key for person in demo.people}
    for person in demo.people:
        for purse in person.purses:
            arranged, sharer = ARRANGED.get(purse.key, (None, ""))
            if arranged is None:
                continue
            if sharer in people:
                arranged = replace(arranged, joint_holder_id=demo.id_of("user", sharer))
            bind(Arranging).arrange(
                arrangement_id=demo.id_of("arrangement", purse.key),
                account_id=demo.id_of("account", purse.key),
                arrangement=arranged,
                arranged_at=at,
            )


def _open(demo: Demonstration, style: Style) -> None:
    with progress("Customers and accounts", len(demo.people) + 1, style=style) as advance:
        for person in demo.people:
            _register(demo, person.key, person.email, person.full_name, ("customer",))
            _open_accounts(demo, person)
            advance(1)
        email, name, roles = STAFF
        _register(demo, "staff", email, name, roles)
        _set_rates(demo)
        advance(1)


def _set_rates(demo: Demonstration) -> None:
    for base, quote, rate_ppb in _RATES:
        bind(ExchangeRates).set_rate(
            rate_id=demo.id_of("rate", base, quote),
            base=base,
            quote=quote,
            rate_ppb=rate_ppb,
            spread_ppm=_SPREAD_PPM,
            by=demo.id_of("user", "staff"),
            at=at(demo.start, 0),
        )


def _first_customer() -> UserView | None:
    try:
        return bind(Users).by_email(email=CUSTOMERS[0].email)
    except UserNotFound:
        return None


def _register(demo: Demonstration, key: str, email: str, name: str, roles: tuple[str, ...]) -> None:
    bind(Users).register(
        user_id=demo.id_of("user", key),
        email=email,
        full_name=name,
        password=PASSWORD,
        roles=roles,
        created_at=at(demo.start, 0),
    )


def _open_accounts(demo: Demonstration, person: Customer) -> None:
    for place, purse in enumerate(person.purses):
        bind(Accounts).open_account(
            account_id=demo.id_of("account", purse.key),
            owner_id=demo.id_of("user", person.key),
            product=purse.product,
            currency=purse.currency,
            nickname=purse.nickname,
            overdraft_minor=purse.overdraft_minor,
            opened_at=at(demo.start, 0, 0, place),  # accounts are listed in this order
        )


def _account_ids(demo: Demonstration, movements: Sequence[Movement]) -> dict[str, UUID]:
    """Return the ids of all accounts by key, opening those of the bank's own that are needed."""
    flows = {flow.account: flow for movement in movements for flow in movement.flows}
    ids = {}
    for key, flow in flows.items():
        purpose = key.partition("/")[0]
        is_own = purpose in OWN_ACCOUNTS and key == own(purpose, flow.currency)
        ids[key] = _open_own(demo, purpose, flow) if is_own else demo.id_of("account", key)
    return ids


def _open_own(demo: Demonstration, purpose: str, flow: Flow) -> UUID:
    account_id = demo.id_of("own", flow.account)
    bind(Ledger).open_account(
        account_id=account_id,
        owner_id=None,
        currency=flow.currency,
        kind=LedgerAccountKind.SYSTEM,
        name=f"{OWN_ACCOUNTS[purpose]} ({flow.currency})",
        overdraft_minor=0,
        opened_at=at(demo.start, 0),
    )
    return account_id


def _batches(movements: Sequence[Movement]) -> Iterator[list[Movement]]:
    left = iter(movements)
    while batch := list(islice(left, _BATCH)):
        yield batch


def _posting(demo: Demonstration, movement: Movement, ids: dict[str, UUID]) -> Posting:
    told = movement.told
    return Posting(
        posting_id=demo.id_of("posting", movement.name, moment=movement.at),
        legs=tuple(
            Leg(
                account_id=ids[flow.account],
                amount_minor=flow.amount_minor,
                currency=flow.currency,
            )
            for flow in movement.flows
        ),
        kind=told.kind,
        description=told.description,
        category=told.category,
        counterparty=told.counterparty,
        effective_date=movement.effective_date or movement.at.date(),
        booked_at=movement.at,
    )
