"""Where an address is, by a database of cities that the operator supplies; nowhere without one."""

from functools import cache
from typing import Any

import maxminddb
from django.conf import settings
from maxminddb import Reader

from apps.auth.domain.risk import Place

_UNKNOWN_RADIUS_KM = 200.0


def place_of(address: str) -> Place | None:
    """Return the city of an address, or None where nobody knows."""
    path = settings.VORTEX_GEOIP_DATABASE
    if not path:
        return None
    try:
        found: Any = _reader(path).get(address)
    except ValueError:  # no address at all
        return None
    return _place(found) if isinstance(found, dict) else None


def _place(found: dict[str, Any]) -> Place | None:
    where = found.get("location") or {}
    if "latitude" not in where or "longitude" not in where:
        return None
    names = [
        str((found.get(level) or {}).get("names", {}).get("en", ""))
        for level in ("city", "country")
    ]
    return Place.coarse(
        ", ".join(name for name in names if name)[:100],
        float(where["latitude"]),
        float(where["longitude"]),
        float(where.get("accuracy_radius", _UNKNOWN_RADIUS_KM)),
    )


@cache
def _reader(path: str) -> Reader:
    return maxminddb.open_database(path)
