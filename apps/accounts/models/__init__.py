"""The tables of accounts, by what they are about; the rules are in domain/."""

from apps.accounts.models.account import Account
from apps.accounts.models.alias import Alias
from apps.accounts.models.card import Card, CardPayment, VaultEntry
from apps.accounts.models.issuer import IssuerEvent
from apps.accounts.models.limit import LimitChange
from apps.accounts.models.link import Consent, Link
from apps.accounts.models.member import Member
from apps.accounts.models.order import BankOrder
from apps.accounts.models.pot import Monitor, Pot, RoundUp
from apps.accounts.models.statement import Statement

# Published here, written in the modules beside.
__all__ = [
    "Account",
    "Alias",
    "BankOrder",
    "Card",
    "CardPayment",
    "Consent",
    "IssuerEvent",
    "LimitChange",
    "Link",
    "Member",
    "Monitor",
    "Pot",
    "RoundUp",
    "Statement",
    "VaultEntry",
]
