"""Commands put aside to be replayed on a stand-by that rolls them back: what a move is judged by.

The caller pays for a place in a queue in memory, no more. What becomes of the entries is the
operator's: `python -m extraction route CONTEXT shadow --writes` takes them from Valkey, has each
replayed on the stand-by and compares its effects with those of the original. Where it is too slow,
entries are dropped and counted.
"""

import queue
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import msgspec

from vortex import valkey
from vortex.binding import tape
from vortex.clock import now
from vortex.contracts import Operation, Principal
from vortex.errors import Refusal
from vortex.telemetry import context as request
from vortex.telemetry.logs import get_logger
from vortex.topology.rehearsed import Asked

IN_MEMORY: Final = 128
IN_VALKEY: Final = 512
_KEPT_SECONDS: Final = 60  # in Valkey, where nobody takes them
_SKIPPED: Final = "skipped"
INCOMPARABLE: Final = "incomparable"

log = get_logger("binding.rehearsal")


class Entry(msgspec.Struct, frozen=True):
    """One command that was executed, with all that its replay needs and is compared with.

    Where it was `asked` over HTTP, that is what is replayed, and there are no arguments.
    """

    operation: str
    key: str
    arguments: Any
    began_at: datetime
    answer: Any = None
    refused: tape.No | None = None
    calls: list[tape.Call] = []
    whole: bool = True  # whether all that it asked of others is among the calls
    request_id: str = ""
    traceparent: str = ""
    causation_id: str = ""
    actor: Principal | None = None
    asked: Asked | None = None


def execute(operation: Operation, arguments: msgspec.Struct, run: Callable[[], Any]) -> Any:
    """Execute a command and put it aside; what crashed or decided nothing is not put aside."""
    recorder, began_at = tape.Recorder(operation.context), now()
    around = tape.running_now()
    try:
        with tape.running(recorder):
            answer = run()
    except Refusal as refusal:
        if not refusal.is_universal:
            refused = tape.No(refusal.code, refusal.detail, refusal.facts)
            entry = _entry(operation, arguments, recorder, began_at, refused=refused)
            put(operation.context, entry)
        raise
    finally:
        if isinstance(around, tape.Recorder):
            around.append(recorder)
    put(operation.context, _entry(operation, arguments, recorder, began_at, answer=answer))
    return answer


def put(context: str, entry: Entry) -> None:
    """Put something aside that was executed; dropped where too much waits."""
    _courier.put(context, entry)


def leave_out(context: str, why: str) -> None:
    """Count what is not put aside, with the reason."""
    _courier.leave_out(context, why)


def key_of(context: str) -> str:
    """Return the key in Valkey under which the outcomes of a context's replays are counted."""
    return f"rehearsed:{context}"


def queue_of(context: str) -> str:
    """Return the key in Valkey of the list of commands that wait to be replayed."""
    return f"rehearsal:{context}"


def _entry(
    operation: Operation,
    arguments: msgspec.Struct,
    recorder: tape.Recorder,
    began_at: datetime,
    *,
    answer: Any = None,
    refused: tape.No | None = None,
) -> Entry:
    around = request.current()
    return Entry(
        operation=operation.path,
        key=str(getattr(arguments, operation.key or "")),
        arguments=arguments,
        began_at=began_at,
        answer=answer,
        refused=refused,
        calls=recorder.calls,
        whole=recorder.whole,
        request_id=around.request_id,
        traceparent=around.traceparent,
        causation_id=around.causation_id,
        actor=around.actor,
    )


class _Courier:
    """One thread per process that takes entries to Valkey, so that no caller waits for it."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[tuple[str, Entry | None]] = queue.Queue(IN_MEMORY)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._counted: dict[tuple[str, str], int] = {}

    def put(self, context: str, entry: Entry | None) -> None:
        """Take an entry, or drop it where too many wait."""
        try:
            self._waiting.put_nowait((context, entry))
        except queue.Full:
            if entry is not None:
                self._count(context, _SKIPPED)
            return
        if self._thread is None or not self._thread.is_alive():  # a fork inherits no thread
            self._begin()

    def leave_out(self, context: str, why: str) -> None:
        """Count what is not taken, and why."""
        self._count(context, INCOMPARABLE)
        self._count(context, f"because {why}")
        self.put(context, None)

    def _count(self, context: str, what: str) -> None:
        with self._lock:
            self._counted[context, what] = self._counted.get((context, what), 0) + 1

    def _begin(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="rehearsal", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            context, entry = self._waiting.get()
            try:
                if entry is not None:
                    _send(context, msgspec.json.encode(entry))
                self._tell_counted()
            except valkey.FAILURES as error:
                log.warning("binding.rehearsal.not_sent", error=type(error).__name__)
            except Exception:
                log.exception("binding.rehearsal.not_encoded", context=context)

    def _tell_counted(self) -> None:
        with self._lock:
            counted, self._counted = self._counted, {}
        for (context, what), number in counted.items():
            valkey.client().hincrby(key_of(context), what, number)


def _send(context: str, encoded: bytes) -> None:
    client = valkey.client()
    if client.llen(queue_of(context)) >= IN_VALKEY:
        client.hincrby(key_of(context), _SKIPPED, 1)
        return
    client.rpush(queue_of(context), encoded)
    client.expire(queue_of(context), _KEPT_SECONDS)


_courier = _Courier()
