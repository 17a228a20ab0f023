"""The PKDD'99 Discovery Challenge bank ('Berka'): real, anonymised, Czech, in CZK.

Its files give no times and have lost the order within a day. The balance printed after each
movement brings the order back. Balances and interest are printed to 0.10 CZK, while the bank
reckoned finer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Final
from uuid import UUID

from apps.transactions.adapters.banks import tables
from apps.transactions.adapters.banks.dump import Movement, Opening, Person, UnreadableDumpError
from apps.transactions.contracts import PostingKind
from apps.transactions.domain.running_balance import NoOrderError, Step, order_by_balance
from vortex.ids import derived_id

_BEGAN: Final = datetime(1993, 1, 1, tzinfo=UTC)
_STEP_MINOR: Final = 10

_SYSTEM: Final = {
    "cash": "Berka: cash desk",
    "other_banks": "Berka: other banks",
    "card_network": "Berka: card network",
    "interest": "Berka: interest paid to customers",
    "penalty_interest": "Berka: penalty interest earned",
    "fees": "Berka: fees earned",
}


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What an operation of the bank is to us."""

    against: str
    kind: PostingKind
    description: str
    category: str = ""
    rounded: bool = False


_CREDIT: Final = {"PRIJEM": True, "VYDAJ": False, "VYBER": False}

# (operation, symbol); a debit and a credit never share a pair.
_MEANINGS: Final = {
    ("VKLAD", ""): _Meaning("cash", PostingKind.DEPOSIT, "Cash deposit"),
    ("VYBER", ""): _Meaning("cash", PostingKind.WITHDRAWAL, "Cash withdrawal", "cash"),
    ("VYBER", "SIPO"): _Meaning(
        "cash", PostingKind.WITHDRAWAL, "Household payment (SIPO), cash", "housing"
    ),
    ("VYBER", "SLUZBY"): _Meaning("fees", PostingKind.FEE, "Statement fee", "fees"),
    ("VYBER", "SANKC. UROK"): _Meaning(
        "penalty_interest", PostingKind.INTEREST, "Penalty interest", "fees", rounded=True
    ),
    ("", "UROK"): _Meaning("interest", PostingKind.INTEREST, "Interest", "interest", rounded=True),
    ("VYBER KARTOU", ""): _Meaning(
        "card_network", PostingKind.CARD, "Cash withdrawal by card", "cash"
    ),
    ("PREVOD Z UCTU", ""): _Meaning("other_banks", PostingKind.TRANSFER, "Incoming transfer"),
    ("PREVOD Z UCTU", "DUCHOD"): _Meaning("other_banks", PostingKind.TRANSFER, "Pension", "income"),
    ("PREVOD NA UCET", ""): _Meaning("other_banks", PostingKind.TRANSFER, "Outgoing transfer"),
    ("PREVOD NA UCET", "SIPO"): _Meaning(
        "other_banks", PostingKind.TRANSFER, "Household payment (SIPO)", "housing"
    ),
    ("PREVOD NA UCET", "POJISTNE"): _Meaning(
        "other_banks", PostingKind.TRANSFER, "Insurance premium", "insurance"
    ),
    ("PREVOD NA UCET", "UVER"): _Meaning(
        "other_banks", PostingKind.TRANSFER, "Loan payment", "loans"
    ),
}


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of trans.csv, understood."""

    key: str
    account: str
    date: date
    amount_minor: int
    balance_minor: int
    meaning: _Meaning
    counterparty: str


@dataclass(frozen=True, slots=True)
class _Holding:
    account: str
    client: str
    is_owner: bool


class Berka:
    """The dump in a directory, as a BankDump."""

    name = "berka"
    currency = "CZK"
    printed_step_minor = _STEP_MINOR

    def __init__(self, directory: Path) -> None:
        """Remember where the files lie; nothing is read yet."""
        self._directory = directory
        self._dates: dict[str, date] = {}
        self._owners: dict[str, str] = {}
        self._disponents: list[str] = []

    def began_at(self) -> datetime:
        """Return the first day of the data."""
        return _BEGAN

    def system_account(self, purpose: str) -> tuple[UUID, str]:
        """Return the id and the name of the bank's own account for a purpose."""
        return derived_id(_BEGAN, "berka", "system", purpose), _SYSTEM[purpose]

    def people(self, holding: frozenset[UUID]) -> Iterator[Person]:
        """Give the owners of these accounts; others who may use them (disponents) are left out."""
        self._prepare()
        since: dict[str, date] = {}
        for account, opened in self._dates.items():
            if _account_id(account) in holding:
                client = self._owners[account]
                since[client] = min(opened, since.get(client, opened))
        columns = ("client_id", "birth_number", "district_id")
        for client in tables.rows(self._directory, "client", columns, _client):
            if client in since:
                yield _person(client, since.pop(client))
        if since:
            raise UnreadableDumpError(f"client: {len(since)} owners are missing, as {min(since)}")

    def openings(self, accounts: frozenset[UUID]) -> Iterator[Opening]:
        """Give these accounts, oldest first."""
        self._prepare()
        for account, opened in sorted(self._dates.items(), key=lambda item: (item[1], item[0])):
            if _account_id(account) in accounts:
                owner = _person_id(self._owners[account])
                yield Opening(_account_id(account), account, owner, _at(opened, 0))

    def movements(self) -> Iterator[Movement]:
        """Give every row of trans.csv, day by day, each account's in the order of its balances."""
        self._prepare()
        columns = (
            *("trans_id", "account_id", "date", "type", "operation"),
            *("amount", "balance", "k_symbol", "bank", "account"),
        )
        balances: dict[str, int] = {}
        seen: set[str] = set()
        former = date.min
        decoded = tables.rows(self._directory, "trans", columns, _row)
        for day, group in groupby(decoded, key=attrgetter("date")):
            if day < former:
                raise UnreadableDumpError(f"trans: {day} comes after {former}; sort it by date")
            former = day
            yield from self._day(list(group), balances, seen)

    def left_out(self, accounts: frozenset[UUID]) -> dict[str, int]:
        """Return how many other accounts there are, and how many disponents these have."""
        self._prepare()
        disponents = sum(_account_id(account) in accounts for account in self._disponents)
        return {"accounts": len(self._dates) - len(accounts), "disponents": disponents}

    def _day(
        self, rows: list[_Row], balances: dict[str, int], seen: set[str]
    ) -> Iterator[Movement]:
        by_account: dict[str, list[_Row]] = {}
        for row in rows:
            self._check(row, seen)
            by_account.setdefault(row.account, []).append(row)
        for account, of_day in by_account.items():
            for place, row in enumerate(_ordered(account, of_day, balances.get(account, 0))):
                yield _movement(row, place)
                balances[account] = row.balance_minor

    def _check(self, row: _Row, seen: set[str]) -> None:
        if row.account not in self._dates:
            raise UnreadableDumpError(f"trans {row.key}: account.csv has no account {row.account}")
        if row.date < self._dates[row.account]:
            raise UnreadableDumpError(f"trans {row.key}: booked before its account was opened")
        if row.key in seen:
            raise UnreadableDumpError(f"trans {row.key}: this trans_id occurs twice")
        seen.add(row.key)

    def _prepare(self) -> None:
        """Read the two small tables that everything refers to, once."""
        if self._dates:
            return
        holdings = list(
            tables.rows(
                self._directory, "disp", ("disp_id", "client_id", "account_id", "type"), _holding
            )
        )
        columns = ("account_id", "district_id", "frequency", "date")
        self._owners = {h.account: h.client for h in holdings if h.is_owner}
        dates = dict(tables.rows(self._directory, "account", columns, _opened))
        self._disponents = [h.account for h in holdings if not h.is_owner]
        if ownerless := dates.keys() - self._owners.keys():
            raise UnreadableDumpError(f"disp: account {min(ownerless)} has no owner")
        self._dates = dates


def _ordered(account: str, rows: list[_Row], opening_minor: int) -> list[_Row]:
    steps = [Step(row.amount_minor, row.balance_minor) for row in rows]
    try:
        order = order_by_balance(opening_minor, steps, tolerance_minor=_STEP_MINOR)
    except NoOrderError as error:
        keys = ", ".join(row.key for row in rows[:5])
        raise UnreadableDumpError(
            f"trans {keys}: account {account} on {rows[0].date}: {error}"
        ) from error
    return [rows[place] for place in order]


def _movement(row: _Row, place: int) -> Movement:
    at = _at(row.date, place)
    return Movement(
        posting_id=derived_id(at, "berka", "trans", row.key),
        account_id=_account_id(row.account),
        booked_at=at,
        effective_date=row.date,
        amount_minor=row.amount_minor,
        balance_minor=row.balance_minor,
        rounded=row.meaning.rounded,
        against=row.meaning.against,
        kind=row.meaning.kind,
        description=row.meaning.description,
        category=row.meaning.category,
        counterparty=row.counterparty,
        reference=f"trans {row.key}",
    )


def _row(row: tables.Row) -> _Row:
    if row["type"] not in _CREDIT:
        raise ValueError(f"type {row['type'][:20]!r} is none of {', '.join(_CREDIT)}")
    pair = (row["operation"], row["k_symbol"].strip())
    if pair not in _MEANINGS:
        raise ValueError(f"operation and symbol {pair} are not known")
    amount = tables.amount(row["amount"])
    if amount <= 0:
        raise ValueError(f"the amount {row['amount']} is not positive")
    return _Row(
        key=tables.number(row["trans_id"]),
        account=tables.number(row["account_id"]),
        date=tables.day(row["date"]),
        amount_minor=amount if _CREDIT[row["type"]] else -amount,
        balance_minor=tables.amount(row["balance"]),
        meaning=_MEANINGS[pair],
        counterparty=f"{row['bank']} {row['account']}".strip(),
    )


def _client(row: tables.Row) -> str:
    return tables.number(row["client_id"])


def _holding(row: tables.Row) -> _Holding:
    if row["type"] not in ("OWNER", "DISPONENT"):
        raise ValueError(f"type {row['type'][:20]!r} is neither OWNER nor DISPONENT")
    account, client = tables.number(row["account_id"]), tables.number(row["client_id"])
    return _Holding(account, client, row["type"] == "OWNER")


def _opened(row: tables.Row) -> tuple[str, date]:
    return tables.number(row["account_id"]), tables.day(row["date"])


def _person(client: str, since: date) -> Person:
    """Return a person without a name: the data has none."""
    email = f"client-{client}@berka.example"
    return Person(_person_id(client), email, f"Client {client}", _at(since, 0))


def _account_id(account: str) -> UUID:
    return derived_id(_BEGAN, "berka", "account", account)


def _person_id(client: str) -> UUID:
    return derived_id(_BEGAN, "berka", "client", client)


def _at(day: date, place: int) -> datetime:
    """Return an instant of a day that keeps the order within it; the data gives no times."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=place)
