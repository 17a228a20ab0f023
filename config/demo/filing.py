"""What the first customer has done beside paying, so that no screen of the demonstration is empty.

Every step has an id of its own, so running it again does nothing twice.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from apps.accounts.contracts import Accounts, Product
from apps.transactions.contracts import (
    DisputeReason,
    FilingDesk,
    FilingPart,
    FilingRule,
    FoundPosting,
    History,
    PostingKind,
)
from config.demo.bank import Demonstration
from vortex.binding import bind

_LATELY: Final = timedelta(days=60)
_MOST: Final = 1_000
_LINES: Final = """date,amount,currency,description,counterparty
{0},-42.90,{currency},Car insurance,Allsure
{1},-19.99,{currency},Music and films,Wavelength
{2},250.00,{currency},From my other account,Myself
"""
_BILL: Final = b"""Menu of the day   12.20
Water              1.40
Paid by card. Thank you!
"""
_RULE: Final = FilingRule(
    name="Films are leisure", counterparty="Lumen", category="leisure", tags=("film",)
)


def file_transactions(demo: Demonstration, *, until: datetime) -> None:
    """File, split, prove, complain about and bring in some transactions of the first customer."""
    owner_id = demo.id_of("user", demo.people[0].key)
    desk = bind(FilingDesk)
    desk.add_rule(rule_id=demo.id_of("rule", "films"), owner_id=owner_id, rule=_RULE)
    cards = _cards(demo, until)
    for posting, tags, note in zip(
        cards, (("lunch", "team"), ("holiday",)), ("Paid for all of us", "For Lisbon"), strict=False
    ):
        desk.annotate(posting_id=posting.posting_id, owner_id=owner_id, tags=tags, note=note)
    if cards:
        desk.attach(
            attachment_id=demo.id_of("paper", "bill"),
            posting_id=cards[0].posting_id,
            owner_id=owner_id,
            filename="bill.txt",
            content=_BILL,
        )
        desk.complain(
            dispute_id=demo.id_of("complaint"),
            posting_id=cards[-1].posting_id,
            owner_id=owner_id,
            reason=DisputeReason.UNRECOGNISED,
            words="I do not know this shop.",
        )
    _split(demo, cards)
    _bring_in(demo, until)


def _cards(demo: Demonstration, until: datetime) -> Sequence[FoundPosting]:
    """Return lately paid card payments, oldest first."""
    found = bind(History).history_for_model(
        owner_id=demo.id_of("user", demo.people[0].key), since=until - _LATELY, limit=_MOST
    )
    return [one for one in found if one.kind == PostingKind.CARD and one.amount_minor < -1]


def _split(demo: Demonstration, cards: Sequence[FoundPosting]) -> None:
    """Split the dearest shopping for food: a part of it was a present."""
    food = [one for one in cards if one.category == "groceries"]
    if food:
        dearest = min(food, key=lambda one: one.amount_minor)
        whole = -dearest.amount_minor
        present = FilingPart(amount_minor=whole // 3, category="gifts", note="Flowers")
        rest = FilingPart(amount_minor=whole - whole // 3, category="groceries")
        bind(FilingDesk).split(
            posting_id=dearest.posting_id,
            owner_id=demo.id_of("user", demo.people[0].key),
            parts=(rest, present),
        )


def _bring_in(demo: Demonstration, until: datetime) -> None:
    """Import a statement of an account at another bank."""
    first = demo.people[0]
    owner_id = demo.id_of("user", first.key)
    account_id = demo.id_of("account", first.key, "elsewhere")
    bind(Accounts).open_account(
        account_id=account_id,
        owner_id=owner_id,
        product=Product.EXTERNAL,
        currency=first.currency,
        nickname="At another bank",
        overdraft_minor=0,
        opened_at=until - _LATELY,
    )
    days = [(until - timedelta(days=days)).date().isoformat() for days in (30, 20, 10)]
    bind(FilingDesk).bring_in(
        import_id=demo.id_of("import", "elsewhere"),
        owner_id=owner_id,
        account_id=account_id,
        filename="statement.csv",
        content=_LINES.format(*days, currency=first.currency).encode(),
    )
