"""Requests of people put aside as commands are: the desk of the door (vortex/http/rehearsed.py)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from vortex.binding import rehearsal, tape
from vortex.topology.rehearsed import Answered, Seen


class Requests:
    """Puts requests into the queue of those who wait to be replayed."""

    @contextmanager
    def watched(self, context: str) -> Iterator[tape.Recorder]:
        """Keep what is asked of other contexts in a block."""
        recorder = tape.Recorder(context)
        with tape.running(recorder):
            yield recorder

    def put(self, context: str, seen: Seen, watched: Any) -> None:
        """Put a request aside, with what was asked of others meanwhile."""
        answer, refused = said(seen.answered)
        entry = rehearsal.Entry(
            operation=seen.operation,
            key=seen.key,
            arguments=None,
            asked=seen.asked,
            began_at=seen.began_at,
            answer=answer,
            refused=refused,
            calls=watched.calls,
            whole=watched.whole,
            request_id=seen.request_id,
            traceparent=seen.traceparent,
            actor=seen.actor,
        )
        rehearsal.put(context, entry)

    def leave_out(self, context: str, why: str) -> None:
        """Count a request of which nothing can be said."""
        rehearsal.leave_out(context, why)


def said(answered: Answered) -> tuple[Any, tape.No | None]:
    """Return what an answer said as a command would have said it: an answer, or a refusal."""
    if answered.status < 400:
        return msgspec.to_builtins(answered), None
    facts = answered.body if isinstance(answered.body, dict) else {}
    return None, tape.No(f"{answered.status} {facts.get('code', '')}", facts=facts)
