"""The vault that keeps card numbers, as the operator has named it in VORTEX_CARD_VAULT."""

import msgspec
from django.conf import settings

from apps.accounts.adapters.vaults.lithic import LithicAt, LithicVault
from apps.accounts.adapters.vaults.local import LocalVault
from apps.accounts.adapters.vaults.port import Vault, VaultUnavailableError
from apps.accounts.adapters.vaults.signed import keys_of


class _LocalAt(msgspec.Struct, frozen=True, tag_field="kind", tag="local"):
    pass


def vault() -> Vault:
    """Return the vault of VORTEX_CARD_VAULT."""
    at = msgspec.json.decode(settings.VORTEX_CARD_VAULT, type=_LocalAt | LithicAt)
    return LithicVault(at) if isinstance(at, LithicAt) else LocalVault()


def issuer_keys() -> tuple[bytes, ...]:
    """Return what the issuer signs its events with; nothing where none is expected."""
    at = msgspec.json.decode(settings.VORTEX_CARD_VAULT, type=_LocalAt | LithicAt)
    return keys_of(at.webhook_secret) if isinstance(at, LithicAt) else ()


def vault_named(name: str) -> Vault:
    """Return the vault that made a card, which may be a former one of the operator's."""
    if name == LocalVault.name:
        return LocalVault()
    present = vault()
    if present.name != name:
        raise VaultUnavailableError(f"nobody has named the vault {name}")
    return present
