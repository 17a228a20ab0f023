"""Finding out what the columns of a CSV statement are, from the names that banks give them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from apps.transactions.adapters.statements.statement import UnreadableStatementError

ROLES: Final = ("date", "amount", "debit", "credit", "description", "counterparty", "currency")

# For each role the names that banks use, the better ones first; English, German, French, Dutch,
# Spanish, Italian. A name is compared in lower case and without punctuation.
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "date": (
        *("booking date", "posting date", "posted date", "date posted", "buchungstag"),
        *("buchungsdatum", "date comptable", "date operation", "fecha operacion"),
        *("data contabile", "boekdatum", "transaction date", "date", "datum", "fecha", "data"),
        *("valuta", "value date", "wertstellung", "buchung", "completed date"),
    ),
    "amount": (
        *("amount", "betrag", "montant", "bedrag", "importe", "importo", "umsatz", "value"),
        *("transaction amount", "amount eur", "amount gbp", "amount usd", "betrag eur"),
        *("bedrag eur", "paid in out", "sum"),
    ),
    "debit": (
        *("debit", "debits", "soll", "paid out", "money out", "withdrawal", "withdrawals"),
        *("debit amount", "cargo", "addebiti", "dare", "uitgaven", "belastung"),
    ),
    "credit": (
        *("credit", "credits", "haben", "paid in", "money in", "deposit", "deposits"),
        *("credit amount", "abono", "accrediti", "avere", "inkomsten", "gutschrift"),
    ),
    "description": (
        *("description", "memo", "details", "verwendungszweck", "libelle", "omschrijving"),
        *("concepto", "descrizione", "narrative", "transaction description", "mededelingen"),
        *("buchungstext", "reference", "note", "notes", "text", "transaction"),
    ),
    "counterparty": (
        *("counterparty", "payee", "name", "merchant", "beneficiary", "empfanger"),
        *(
            "auftraggeber empfanger",
            "name zahlungsbeteiligter",
            "beguenstigter zahlungspflichtiger",
        ),
        *("naam omschrijving", "naam tegenpartij", "tegenpartij", "beneficiaire", "payer"),
    ),
    "currency": (
        "currency",
        "wahrung",
        "waehrung",
        "devise",
        "valuta code",
        "divisa",
        "ccy",
        "munt",
    ),
}
_UMLAUTS: Final = str.maketrans("äöüéèêóíáç", "aoueeeoiac")


@dataclass(frozen=True, slots=True)
class Columns:
    """Places of columns. Either `amount` is known, or both `debit` and `credit` are."""

    date: int
    amount: int | None
    debit: int | None
    credit: int | None
    currency: int | None
    description: tuple[int, ...]
    counterparty: tuple[int, ...]
    unknown: tuple[int, ...]


def recognised(header: Sequence[str], named: Mapping[str, str]) -> Columns:
    """Return what the columns are; `named` maps roles to titles that a person gave.

    Refuses a header without a date, or without an amount or a pair of debit and credit.
    """
    titles = [_plain(title) for title in header]
    places = {role: _place(role, titles, named) for role in ROLES}
    date, amount = places["date"], places["amount"]
    debit, credit = places["debit"], places["credit"]
    if date is None or (amount is None and (debit is None or credit is None)):
        raise UnreadableStatementError("The header names no date column or no amount column.")
    if amount is not None:
        debit = credit = None
    used = {
        place for place in (date, amount, debit, credit, places["currency"]) if place is not None
    }
    texts = {role: _every(role, titles, named, used) for role in ("description", "counterparty")}
    used |= {place for found in texts.values() for place in found}
    return Columns(
        date=date,
        amount=amount,
        debit=debit,
        credit=credit,
        currency=places["currency"],
        description=texts["description"],
        counterparty=texts["counterparty"],
        unknown=tuple(place for place in range(len(titles)) if place not in used),
    )


def _place(role: str, titles: list[str], named: Mapping[str, str]) -> int | None:
    """Return the place of the best title for a role; a title that stands twice is refused."""
    names = (_plain(named[role]),) if role in named else _NAMES[role]
    for name in names:
        if titles.count(name) == 1:
            return titles.index(name)
        if titles.count(name) > 1:
            raise UnreadableStatementError(f"Two columns of the file are called {name!r}.")
    return None


def _every(
    role: str, titles: list[str], named: Mapping[str, str], used: set[int]
) -> tuple[int, ...]:
    names = (_plain(named[role]),) if role in named else _NAMES[role]
    places = (titles.index(name) for name in names if name in titles)
    return tuple(sorted(place for place in places if place not in used))


def _plain(title: str) -> str:
    lowered = title.casefold().translate(_UMLAUTS)
    return " ".join(re.sub(r"[^a-z0-9]+", " ", lowered).split())
