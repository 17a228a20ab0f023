"""The risk of a sign-in, from where the person signed in before."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q

from apps.auth.adapters import places
from apps.auth.domain import risk
from apps.auth.domain.device import Device
from apps.auth.domain.risk import Place
from apps.auth.models import Session

_REMEMBERED = timedelta(days=30)


@dataclass(frozen=True)
class Judged:
    """What is unusual about a sign-in."""

    place: Place | None
    is_new_device: bool
    is_impossible_travel: bool

    @property
    def score(self) -> int:
        """The risk, 0 where nothing is unusual."""
        return risk.score(
            is_new_device=self.is_new_device, is_impossible_travel=self.is_impossible_travel
        )

    @property
    def is_high(self) -> bool:
        """Whether a trusted browser is not trusted and what is sensitive is proved for anew."""
        return self.score >= risk.HIGH


def judge(*, user_id: UUID, device: Device, now: datetime) -> Judged:
    """Judge a sign-in by those before it; nobody who never signed in is unusual."""
    own = Session.objects.filter(user_id=user_id, client__isnull=True)
    before = own.aggregate(
        any=Count("pk"),
        alike=Count("pk", filter=Q(user_agent=device.name, network=device.neighbourhood)),
    )
    place = places.place_of(device.address)
    return Judged(
        place=place,
        is_new_device=bool(before["any"]) and not before["alike"],
        is_impossible_travel=place is not None and _is_impossible(user_id, place, now),
    )


def _is_impossible(user_id: UUID, place: Place, now: datetime) -> bool:
    own = Session.objects.filter(user_id=user_id, client__isnull=True, latitude__isnull=False)
    last = own.filter(created_at__gt=now - _REMEMBERED).order_by("-created_at").first()
    if last is None or last.latitude is None or last.longitude is None:
        return False
    there = Place(last.place, last.latitude, last.longitude, last.radius_km or 0.0)
    return risk.is_impossible(there, place, now - last.created_at)
