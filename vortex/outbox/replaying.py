"""Replay: publishing again, from the archive, what was published before.

What comes again carries `replayid`. An inbox that has seen the event does nothing; the consumer
that `replayfor` names handles it once more, once per replay.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connections

from vortex.broker import Broker
from vortex.db import alias_of
from vortex.ids import new_id
from vortex.outbox.queue import Waiting
from vortex.telemetry import get_logger

_PAGE: Final = 500

log = get_logger("outbox.replay")


@dataclass(frozen=True)
class Selection:
    """What to replay: events of a type archived at or after `since`, of one key if it is given."""

    type: str
    since: datetime
    key: str = ""
    consumer: str = ""  # the one handler that is to act again though it has seen them


def replay(
    context: str, selection: Selection, broker: Broker, *, said: Callable[[int], None]
) -> int:
    """Publish the selected events again in their first order; return how many.

    Each replay has an id of its own, so running it twice replays twice. What an operator skipped
    stays skipped. `said` is told the size of every page.
    """
    extensions = {"replayid": str(new_id())}
    if selection.consumer:
        extensions["replayfor"] = selection.consumer
    count = 0
    for page in _pages(context, selection):
        reasons = broker.publish([message.outgoing(context, **extensions) for message in page])
        for message, reason in zip(page, reasons, strict=True):
            if reason:
                log.error("outbox.replay.refused", event_id=message.event_id, reason=reason)
        count += len(page)
        said(len(page))
    log.info("outbox.replay.done", context=context, type=selection.type, events=count, **extensions)
    return count


def _pages(context: str, selection: Selection) -> Iterator[list[Waiting]]:
    after: tuple[datetime, int] = (selection.since, 0)
    while True:
        rows = _page(context, selection, after)
        if not rows:
            return
        yield [Waiting(row[1], 0, *row[2:]) for row in rows]
        after = (rows[-1][0], rows[-1][1])


def _page(context: str, selection: Selection, after: tuple[datetime, int]) -> list[Any]:
    with connections[alias_of(context)].cursor() as cursor:
        cursor.execute(
            "select archived_at, id, event_id::text, topic, key, key_seq, single, type, version,"
            " payload::text, headers::text,"
            " to_char(created_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
            " from outbox_archive"
            " where (archived_at, id) > (%s, %s) and type = %s and (%s = '' or key = %s)"
            " and not headers ? 'skippedby' order by archived_at, id limit %s",
            (*after, selection.type, selection.key, selection.key, _PAGE),
        )
        return list(cursor.fetchall())
