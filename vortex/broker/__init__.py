"""One port to the broker and its adapters: Valkey or Redis Streams, Kafka, and memory for tests."""

from functools import cache
from urllib.parse import urlsplit

from django.conf import settings

from vortex.broker.port import (
    Broker,
    BrokerUnavailable,
    Capabilities,
    Delivery,
    Outgoing,
    Subscription,
)

__all__ = [
    "Broker",
    "BrokerUnavailable",
    "Capabilities",
    "Delivery",
    "Outgoing",
    "Subscription",
    "broker",
    "broker_at",
]


def broker() -> Broker:
    """Return the broker of VORTEX_BROKER_URL, one per process."""
    return broker_at(settings.VORTEX_BROKER_URL)


@cache
def broker_at(url: str) -> Broker:
    """Return the broker at a URL: redis://, rediss:// or valkey:// for Streams, kafka:// for Kafka.

    kafka://host:port,host:port names bootstrap servers; `?create=0` leaves making topics to others.
    """
    parts = urlsplit(url)
    if parts.scheme in {"redis", "rediss", "valkey"}:
        from vortex.broker.streams import StreamsBroker

        return StreamsBroker(url.replace("valkey://", "redis://", 1))
    if parts.scheme == "kafka":
        from vortex.broker.kafka import KafkaBroker

        return KafkaBroker(parts.netloc, create_topics="create=0" not in parts.query)
    raise ValueError(f"no broker speaks {parts.scheme!r}: use redis, rediss, valkey or kafka")
