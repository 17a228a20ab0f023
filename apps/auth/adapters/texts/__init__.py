"""The carrier of SMS, as the operator has named it in VORTEX_SMS_CARRIER."""

import msgspec
from django.conf import settings

from apps.auth.adapters.texts.local import LocalCarrier
from apps.auth.adapters.texts.port import (
    Carrier,
    CarrierMisconfiguredError,
    CarrierUnavailableError,
    NumberRefusedError,
)
from apps.auth.adapters.texts.twilio import TwilioAt, TwilioCarrier

__all__ = [
    "Carrier",
    "CarrierMisconfiguredError",
    "CarrierUnavailableError",
    "NumberRefusedError",
    "carrier",
]


class _LocalAt(msgspec.Struct, frozen=True, tag_field="kind", tag="local"):
    pass


def carrier() -> Carrier:
    """Return the carrier of VORTEX_SMS_CARRIER."""
    at = msgspec.json.decode(settings.VORTEX_SMS_CARRIER, type=_LocalAt | TwilioAt)
    return TwilioCarrier(at) if isinstance(at, TwilioAt) else LocalCarrier()
