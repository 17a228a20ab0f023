"""How unusual a sign-in is: a device not seen before, and a place that nobody gets to in the time.

Places are those of cities, to a tenth of a degree, and each is taken to be as vague as its database
says and a hundred kilometres at least: what moves in the data and not on the ground counts as
nothing.
"""

from dataclasses import dataclass
from datetime import timedelta
from math import asin, cos, radians, sin, sqrt
from typing import Final

NEW_DEVICE: Final = 20
IMPOSSIBLE_TRAVEL: Final = 60
# From here on a trusted browser is trusted no more, and what is sensitive is proved for anew.
HIGH: Final = 60

_EARTH_KM: Final = 6371.0
_FASTEST_KM_PER_HOUR: Final = 800.0
_FLOOR_KM: Final = 100.0
_DIGITS: Final = 1


@dataclass(frozen=True)
class Place:
    """A city or thereabouts."""

    name: str
    latitude: float
    longitude: float
    radius_km: float

    @classmethod
    def coarse(cls, name: str, latitude: float, longitude: float, radius_km: float) -> "Place":
        """Return a place no more exact than it is meant to be known."""
        return cls(name, round(latitude, _DIGITS), round(longitude, _DIGITS), radius_km)


def distance_km(one: Place, other: Place) -> float:
    """Return the way between two places over the ground (haversine)."""
    north = radians(other.latitude - one.latitude)
    east = radians(other.longitude - one.longitude)
    flat = cos(radians(one.latitude)) * cos(radians(other.latitude))
    half = sin(north / 2) ** 2 + flat * sin(east / 2) ** 2
    return 2 * _EARTH_KM * asin(min(1.0, sqrt(half)))


def is_impossible(before: Place, after: Place, meanwhile: timedelta) -> bool:
    """Say whether nobody gets from one place to the other in the time, by an airliner."""
    vague = max(_FLOOR_KM, before.radius_km + after.radius_km)
    away = distance_km(before, after) - vague
    hours = max(meanwhile.total_seconds(), 1.0) / 3600
    return away > 0 and away / hours > _FASTEST_KM_PER_HOUR


def score(*, is_new_device: bool, is_impossible_travel: bool) -> int:
    """Return the risk of a sign-in, 0 where nothing is unusual."""
    return NEW_DEVICE * is_new_device + IMPOSSIBLE_TRAVEL * is_impossible_travel
