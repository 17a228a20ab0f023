"""Every statement that other projects test with is read, or refused in words that a clerk knows."""

from pathlib import Path

import pytest

from apps.transactions.adapters.statements import Hints, UnreadableStatementError, read_statement
from apps.transactions.tests.real_data import real_data

_CURRENCIES = ("EUR", "USD", "PLN", "CHF", "GBP", "AUD", "CAD", "BRL")
_SUFFIXES = {".ofx", ".qif", ".sta", ".xml"}
_CAMT = (
    '<?xml version="1.0"?>{doctype}'
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">'
    "<BkToCstmrStmt><Stmt><Acct><Id><IBAN>DE02120300000000202051</IBAN></Id></Acct>{entries}</Stmt>"
    "</BkToCstmrStmt></Document>"
)
_ENTRY = (
    '<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>{status}</Cd></Sts>'
    "<BookgDt><Dt>2026-03-0{day}</Dt></BookgDt><NtryDtls><TxDtls><RltdPties><Cdtr><Pty><Nm>Bakery"
    "</Nm></Pty></Cdtr></RltdPties><RmtInf><Ustrd>Bread{bomb}</Ustrd></RmtInf></TxDtls></NtryDtls>"
    "</Ntry>"
)


def entry(
    amount: str = "12.34", side: str = "DBIT", status: str = "BOOK", day: int = 2, bomb: str = ""
) -> str:
    """Return an entry of a camt.053 statement."""
    return _ENTRY.format(amount=amount, side=side, status=status, day=day, bomb=bomb)


def camt(*entries: str, doctype: str = "") -> str:
    """Return a camt.053 statement."""
    return _CAMT.format(doctype=doctype, entries="".join(entries))


def outcome(path: Path) -> tuple[int, str]:
    """Return how many lines are read, or the words of the refusal."""
    words = ""
    for currency in _CURRENCIES:
        try:
            return len(read_statement(path, currency, Hints()).lines), ""
        except UnreadableStatementError as refusal:
            words = words or str(refusal)
            if "kept in" not in str(refusal):
                return 0, str(refusal)
    return 0, words


def test_every_file_is_read_or_refused_in_a_sentence() -> None:
    root = real_data("statements")
    found = {
        str(path.relative_to(root)): outcome(path)
        for path in sorted(root.rglob("*"))
        if path.suffix in _SUFFIXES
    }

    assert len(found) > 40
    for name, (lines, words) in found.items():
        assert lines or words.endswith("."), name
        assert "Traceback" not in words
        assert "object at" not in words
    read = [name for name, (lines, _) in found.items() if lines]
    for kind in ("ofx", "qif", "mt940", "camt"):
        assert [name for name in read if name.startswith(kind)], kind
    assert "camt.054" in found["camt/OCA-test-camt054.xml"][1]
    assert "MT942" in found["mt940/mBank/mt942.sta"][1]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "statement"


def test_camt_reads_what_is_booked_with_its_sign_and_its_parties(path: Path) -> None:
    path.write_text(
        camt(entry(day=3), entry("5.00", "CRDT"), entry("5.00", "CRDT"), entry(status="PDNG"))
    )

    statement = read_statement(path, "EUR", Hints())

    assert [line.amount_minor for line in statement.lines] == [500, 500, -1234]
    assert statement.lines[2].counterparty == "Bakery"
    assert statement.lines[2].description == "Bread"
    assert statement.account == "DE02120300000000202051"
    assert statement.notes == ("1 entries are not booked yet and left out.",)


_LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
_OUTSIDE = '<!DOCTYPE x [<!ENTITY b SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (camt(entry(bomb="&b;"), doctype=_LAUGHS), "attackers"),
        (camt(entry(bomb="&b;"), doctype=_OUTSIDE), "attackers"),
        (camt(entry())[:-20], "well-formed"),
        (camt(entry("12.345")), "decimals"),
        (camt(entry("1e9")), "amount"),
        (camt(entry("-1.00")), "amount"),
        (camt(entry(side="BOTH")), "amount"),
        (camt(), "no booked"),
        (camt(entry(status="PDNG")), "no booked"),
        ("!Type:Invst\nD1/1/2026\n^\n", "register"),
        ("!Type:Bank\nD13/14/2026\nT1.00\n^\n", "date"),
        ("!Type:Bank\nD31/01/2026\nT1.00\n", "cut off"),
        ("!Type:Bank\nT1.00\n^\n", "no date"),
        (":20:X\n:25:Y\n:28C:1\n:60F:C260101EUR1,00\n:61:nonsense\n:62F:C260101EUR1,00\n", "."),
    ],
)
def test_what_cannot_be_trusted_is_refused_whole(path: Path, content: str, words: str) -> None:
    path.write_text(content)

    with pytest.raises(UnreadableStatementError, match=words):
        read_statement(path, "EUR", Hints())


@pytest.mark.parametrize(
    ("mark", "minor"), [("C", 1250), ("D", -1250), ("RC", -1250), ("RD", 1250)]
)
def test_an_undone_credit_is_a_debit_in_mt940(path: Path, mark: str, minor: int) -> None:
    path.write_text(
        f":20:X\n:25:Y\n:28C:1\n:60F:C260101EUR1,00\n:61:2601020102{mark}12,50NTRFNONREF\n"
        ":86:Bread\n:62F:C260102EUR1,00\n"
    )

    (line,) = read_statement(path, "EUR", Hints()).lines

    assert (line.amount_minor, line.description) == (minor, "Bread")


def test_qif_reads_the_years_of_this_century_and_says_that_it_guesses_the_currency(
    path: Path,
) -> None:
    path.write_text("!Type:Bank\nD8/15'13\nT-1,000.00\nPDrugs\n^\nD8/3/13\nT5.00\n^\n")

    statement = read_statement(path, "USD", Hints())

    assert [line.amount_minor for line in statement.lines] == [500, -100000]
    assert statement.notes
