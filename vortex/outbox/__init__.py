"""Publishing beside the change: events are rows of the transaction that made them true."""

from vortex.outbox.publishing import publish, publish_many
from vortex.outbox.reporting import OutboxStatus, status
from vortex.outbox.wake import poke

__all__ = ["OutboxStatus", "poke", "publish", "publish_many", "status"]
