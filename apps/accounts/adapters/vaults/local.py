"""The vault of a machine without an issuer: cards of no scheme, sealed in a table of their own.

The numbers begin with 9, which ISO/IEC 7812 leaves to national use, and no network routes them.
They and their codes are sealed before they are written, and nothing in this repository unseals them
but the test that they are sealed.
"""

import secrets
from typing import Final
from uuid import UUID

import msgspec

from apps.accounts.adapters.vaults.port import Issued, VaultState, VaultTalksNonsenseError
from apps.accounts.models import VaultEntry
from vortex.clock import today
from vortex.db import unit_of_work
from vortex.sealing import safe

SEALED_FOR: Final = "vortex.accounts.vault"
_PREFIX: Final = "99990000"
_YEARS: Final = 4


class LocalVault:
    """A vault in this context's own database."""

    name = "local"

    def issue(self, *, reference: UUID, currency: str) -> Issued:
        """Make a card, once per reference."""
        del currency  # a card of no scheme pays in any
        number, made_on = _number(), today()
        secret = {"number": number, "code": f"{secrets.randbelow(1000):03}"}
        fresh = VaultEntry(
            token=f"card_{secrets.token_urlsafe(24)}",
            reference=reference,
            sealed=safe(SEALED_FOR).encrypt(msgspec.json.encode(secret)),
            last_four=number[-4:],
            expiry_month=made_on.month,
            expiry_year=made_on.year + _YEARS,
            state=VaultState.ACTIVE.value,
        )
        with unit_of_work("accounts"):
            VaultEntry.objects.bulk_create([fresh], ignore_conflicts=True)
            kept = VaultEntry.objects.get(reference=reference)
        return Issued(
            token=kept.token,
            last_four=kept.last_four,
            brand="vortex",
            expiry_month=kept.expiry_month,
            expiry_year=kept.expiry_year,
        )

    def set_state(self, *, token: str, state: VaultState) -> None:
        """Change what a card may do."""
        with unit_of_work("accounts"):
            kept = VaultEntry.objects.select_for_update().filter(token=token).first()
            if kept is None:
                raise VaultTalksNonsenseError("no card has this token")
            if kept.state == VaultState.CANCELLED and state is not VaultState.CANCELLED:
                raise VaultTalksNonsenseError("the card was cancelled")
            kept.state = state.value
            kept.save(update_fields=["state"])


def _number() -> str:
    """Return sixteen digits, the last of which is the check digit of ISO/IEC 7812 (Luhn)."""
    body = _PREFIX + "".join(str(secrets.randbelow(10)) for _ in range(7))
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(body))
    total = sum(digit - 9 if digit > 9 else digit for digit in doubled)
    return f"{body}{-total % 10}"
