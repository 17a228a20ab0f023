"""What one command asked of other contexts: written down while it runs, played to its replay.

A replay on the stand-by must reach nobody. It is given the answers that the original was given, in
their order, and what it asks instead of them or beyond them is an effect that differs.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from vortex.binding.local import by_value
from vortex.contracts import Operation
from vortex.errors import Refusal, rebuild


class NotOnTapeError(RuntimeError):
    """The replay asks another context what the original did not ask it."""


class No(msgspec.Struct, frozen=True):
    """A refusal, as data."""

    code: str
    detail: str = ""
    facts: dict[str, Any] = {}


class Call(msgspec.Struct, frozen=True):
    """One call to another context, and how it ended."""

    operation: str
    kind: str
    arguments: Any
    answer: Any = None
    refused: No | None = None


class Tape(Protocol):
    """Takes the calls that a command makes."""

    context: str

    def take(self, operation: Operation, arguments: msgspec.Struct, ask: Callable[[], Any]) -> Any:
        """Return the answer of a call to another context, or raise its refusal."""


_tape: ContextVar[Tape | None] = ContextVar("vortex_tape", default=None)


@dataclass
class Recorder:
    """Lets every call through and keeps it."""

    context: str
    calls: list[Call] = field(default_factory=list)
    whole: bool = True  # until a call ends in what no tape can give again

    def take(self, operation: Operation, arguments: msgspec.Struct, ask: Callable[[], Any]) -> Any:
        """Make the call; what happens inside the other context is not this command's."""
        known = (operation.path, operation.kind, arguments)
        try:
            with running(None):
                answer = ask()
        except Refusal as refusal:
            said = No(refusal.code, refusal.detail, refusal.facts)
            self.calls.append(Call(*known, refused=said))
            raise
        except Exception:
            self.whole = False
            raise
        self.calls.append(Call(*known, answer=answer))
        return answer

    def append(self, inner: "Recorder") -> None:
        """Take over what a command of the same context has asked inside this one."""
        self.calls += inner.calls
        self.whole = self.whole and inner.whole


@dataclass
class Player:
    """Gives the answers of a tape, each once and in order; keeps what it was asked."""

    context: str
    left: list[Call]
    calls: list[Call] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def take(self, operation: Operation, arguments: msgspec.Struct, ask: Callable[[], Any]) -> Any:
        """Return what the original got from this operation the next time it asked."""
        del ask
        found = next((call for call in self.left if call.operation == operation.path), None)
        if found is None:
            self.missing.append(operation.path)
            self.calls.append(Call(operation.path, operation.kind, arguments))
            raise NotOnTapeError(operation.path)
        self.left.remove(found)
        said = Call(operation.path, operation.kind, arguments, found.answer, found.refused)
        self.calls.append(said)
        if found.refused is not None:
            raise rebuild(found.refused.code, found.refused.detail, found.refused.facts)
        return by_value(found.answer, operation.answer)


@contextmanager
def running(tape: Tape | None) -> Iterator[None]:
    """Let a tape take the calls that are made in a block; None takes none."""
    token = _tape.set(tape)
    try:
        yield
    finally:
        _tape.reset(token)


def running_now() -> Tape | None:
    """Return the tape that runs, if any."""
    return _tape.get()


def of(context: str) -> Tape | None:
    """Return the tape that takes a call to this context now; none takes those to its own."""
    tape = _tape.get()
    return tape if tape is not None and tape.context != context else None
