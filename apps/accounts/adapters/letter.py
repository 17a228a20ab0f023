"""A letter that says whose account it is, for whoever asks for proof: no money is in it."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from reportlab.lib.units import mm
from reportlab.platypus import Spacer

from apps.accounts.domain.iban import grouped
from vortex.papers.pdf import paragraph, written

_KINDS: Final = {"checking": "Current account", "savings": "Savings account", "wallet": "Wallet"}


@dataclass(frozen=True)
class Letter:
    """What the letter says; `holders` are full names, the owner's first."""

    holders: tuple[str, ...]
    iban: str
    product: str
    currency: str
    opened_date: date
    written_date: date


def letter(said: Letter) -> bytes:
    """Return the letter as PDF; the same letter on the same day has the same bytes."""
    facts = (
        *(("Held by", holder) for holder in said.holders),
        ("Account number (IBAN)", grouped(said.iban)),
        ("Kind", _KINDS.get(said.product, said.product)),
        ("Currency", said.currency),
        ("Opened on", f"{said.opened_date:%d %B %Y}"),
    )
    story = [
        paragraph("VortexCore", size=15, bold=True),
        paragraph(f"{said.written_date:%d %B %Y}", size=9),
        Spacer(0, 14 * mm),
        paragraph("Confirmation of account", size=12, bold=True),
        Spacer(0, 4 * mm),
        paragraph("We confirm that we keep the following account.", size=10),
        Spacer(0, 4 * mm),
    ]
    for name, value in facts:
        story += [paragraph(name, size=8), paragraph(value, size=10, bold=True), Spacer(0, 2 * mm)]
    story += [
        Spacer(0, 6 * mm),
        paragraph(
            "This letter says nothing about what is on the account. It was written by a machine and"
            " is valid without a signature.",
            size=8,
        ),
    ]
    return written(story, title="Confirmation of account", margin_mm=24)
