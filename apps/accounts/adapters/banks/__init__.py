"""Other banks whose accounts customers may link, as the operator has named them."""

import msgspec
from django.conf import settings

from apps.accounts.adapters.banks.openbanking import OpenBanking
from apps.accounts.adapters.banks.port import Bank, Endpoint
from vortex.errors import Invalid


class UnknownBank(Invalid, code="unknown_bank", title="Unknown bank"):
    """No bank of this name can be linked; GET /api/accounts/banks lists those that can."""


def banks() -> tuple[Endpoint, ...]:
    """Return the banks of VORTEX_LINKED_BANKS, in the operator's order."""
    return msgspec.json.decode(settings.VORTEX_LINKED_BANKS, type=tuple[Endpoint, ...])


def bank(name: str) -> Bank:
    """Return what speaks to a bank; refuse a name that the operator has not given."""
    for endpoint in banks():
        if endpoint.name == name:
            return OpenBanking(endpoint)
    raise UnknownBank(bank=name[:40])
