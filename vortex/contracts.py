"""What a contract is made of: services with operations, values, events, and who is calling.

A contract is plain data. It imports no framework, so that any process can hold every contract of
the bank and the code of one context only. Metadata is checked when the module is imported: a
command without an idempotency key, or a parameter without a type, never starts.
"""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeVar, dataclass_transform, get_type_hints
from uuid import UUID

import msgspec

from vortex.errors import Refusal, family_of

Kind = Literal["query", "command"]
F = TypeVar("F", bound=Callable[..., Any])
S = TypeVar("S", bound="Service")
T = TypeVar("T")

_DECLARATION = "__vortex_operation__"


class ContractError(TypeError):
    """A contract or its implementation is written wrongly; start-up must not go on."""


class UndeclaredRefusalError(RuntimeError):
    """An implementation refused with something that its contract does not declare: a bug."""


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Value(msgspec.Struct, frozen=True, kw_only=True):
    """A plain value of a contract: frozen, compared by content, encodable as it is."""


class Principal(Value):
    """Who is calling. `kind` says whether a person, a service or the bank's own clockwork."""

    user_id: UUID
    session_id: UUID | None = None
    roles: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    kind: Literal["user", "service", "system"] = "user"
    auth_time: int = 0  # seconds since the epoch; 0 where nobody signed in
    amr: tuple[str, ...] = ()  # methods of authentication, RFC 8176
    client_id: str = ""  # the program of others that acts for the person, if one does
    actor_id: UUID | None = None  # who of the bank looks as the person, with their consent

    @property
    def is_authenticated(self) -> bool:
        """True: an anonymous caller has no principal at all."""
        return True

    def has_role(self, *roles: str) -> bool:
        """Say whether the caller holds at least one of these roles."""
        return not set(roles).isdisjoint(self.roles)


STAFF_ROLES = ("support_agent", "analyst", "compliance_officer", "administrator")


@dataclass(frozen=True)
class Declaration:
    """What @query or @command said about a method, before the interface names it."""

    kind: Kind
    key: str | None
    deadline_ms: int
    refuses: tuple[type[Refusal], ...]


@dataclass(frozen=True)
class Operation:
    """One published operation: everything that callers, servers, docs and extraction need."""

    context: str
    service: str
    version: int
    name: str
    kind: Kind
    key: str | None
    deadline_ms: int
    refuses: tuple[type[Refusal], ...]
    arguments: type[msgspec.Struct]
    answer: Any
    summary: str

    @property
    def path(self) -> str:
        """`accounts.Accounts.open_account`: the name in logs, metrics and kill switches."""
        return f"{self.context}.{self.service}.{self.name}"

    def check_declared(self, refusal: Refusal) -> None:
        """Raise UndeclaredRefusalError for a refusal that no caller has to expect."""
        if not refusal.is_universal and refusal.code not in {known.code for known in self.refuses}:
            raise UndeclaredRefusalError(
                f"{self.path} does not declare {refusal.code!r}"
            ) from refusal


def query(*, deadline_ms: int = 1000, refuses: Iterable[type[Refusal]] = ()) -> Callable[[F], F]:
    """Declare an operation that only reads; it may be retried and shadowed freely."""
    return _declare(Declaration("query", None, deadline_ms, tuple(refuses)))


def command(
    *, key: str, deadline_ms: int = 2000, refuses: Iterable[type[Refusal]] = ()
) -> Callable[[F], F]:
    """Declare an operation that changes something.

    `key` names the parameter that makes a second delivery the same command: the effect of two calls
    with one key is the effect of one, and the second answer equals the first.
    """
    return _declare(Declaration("command", key, deadline_ms, tuple(refuses)))


def _declare(declaration: Declaration) -> Callable[[F], F]:
    def mark(method: F) -> F:
        setattr(method, _DECLARATION, declaration)
        return method

    return mark


class Service:
    """A published interface. `class Ledger(Service, context="transactions", version=1)`."""

    context: ClassVar[str] = ""
    version: ClassVar[int] = 0

    def __init_subclass__(cls, *, context: str = "", version: int = 0) -> None:
        super().__init_subclass__()
        if not context:  # an implementation, or a fake in a test
            return
        cls.context, cls.version = context, version
        found = tuple(
            _operation(cls, name, member)
            for name, member in vars(cls).items()
            if not name.startswith("_") and inspect.isfunction(member)
        )
        _operations[cls] = found
        _interfaces[(context, cls.__name__, version)] = cls


_operations: dict[type[Service], tuple[Operation, ...]] = {}
_interfaces: dict[tuple[str, str, int], type[Service]] = {}
_implementations: dict[type[Service], Service] = {}


def operations(interface: type[Service]) -> tuple[Operation, ...]:
    """Return the operations of an interface, in the order in which they are written."""
    return _operations[interface]


def interfaces(context: str | None = None) -> tuple[type[Service], ...]:
    """Return every interface that has been imported, or those of one context."""
    return tuple(i for (owner, *_), i in sorted(_interfaces.items()) if context in (None, owner))


def serves(interface: type[S]) -> Callable[[type[T]], type[T]]:
    """Register the decorated class as the one implementation of an interface.

    Refuses a class that misses an operation or names its parameters differently, so that a wrong
    implementation stops start-up instead of a payment.
    """

    def register(implementation: type[T]) -> type[T]:
        for operation in operations(interface):
            _check_implementation(interface, implementation, operation)
        _implementations[interface] = implementation()  # type: ignore[assignment]
        return implementation

    return register


def implementation_of(interface: type[S]) -> S | None:
    """Return the implementation hosted in this process, or None where there is none."""
    return _implementations.get(interface)  # type: ignore[return-value]


def replace_implementation(interface: type[S], implementation: S | None) -> S | None:
    """Put another implementation in place and return the former one; for tests and extraction."""
    former = implementation_of(interface)
    if implementation is None:
        _implementations.pop(interface, None)
    else:
        _implementations[interface] = implementation
    return former


class Event(Value, frozen=True, kw_only=True):
    """A fact in the past tense, `aggregate.happened`; fields are only ever added."""

    event_type: ClassVar[str] = ""
    event_version: ClassVar[int] = 1
    topic: ClassVar[str] = ""
    key_field: ClassVar[str] = ""
    single: ClassVar[bool] = False

    @property
    def key(self) -> str:
        """The ordering key of this fact, as text."""
        return str(getattr(self, self.key_field))


E = TypeVar("E", bound=Event)


def event(
    type_: str, *, topic: str, key: str, version: int = 1, single: bool = False
) -> Callable[[type[E]], type[E]]:
    """Declare an event: its type, the topic it is published on and the field that orders it.

    Events with one value in the `key` field arrive in the order in which they were published.
    `single` says that a key never has a second event, so that nobody counts them.
    """

    def declare(cls: type[E]) -> type[E]:
        if key not in cls.__struct_fields__:
            raise ContractError(f"event {type_}: its key {key!r} is not a field")
        known = _events.get(type_)
        if known is not None and (known.__module__, known.__qualname__) != (
            cls.__module__,
            cls.__qualname__,
        ):
            raise ContractError(f"event type {type_!r} is declared twice")
        cls.event_type, cls.event_version, cls.topic, cls.key_field = type_, version, topic, key
        cls.single = single
        _events[type_] = cls
        return cls

    return declare


_events: dict[str, type[Event]] = {}


def event_classes() -> dict[str, type[Event]]:
    """Return every declared event by its type."""
    return dict(sorted(_events.items()))


def _operation(cls: type[Service], name: str, method: Any) -> Operation:
    where = f"{cls.__name__}.{name}"
    declared: Declaration | None = getattr(method, _DECLARATION, None)
    if declared is None:
        raise ContractError(f"{where} is public and neither @query nor @command")
    hints = get_type_hints(method, include_extras=True)
    parameters = list(inspect.signature(method).parameters.values())[1:]
    for parameter in parameters:
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY or parameter.name not in hints:
            raise ContractError(f"{where}: {parameter.name} is keyword-only and typed")
    if "return" not in hints:
        raise ContractError(f"{where} declares no answer")
    if declared.kind == "command" and declared.key not in {p.name for p in parameters}:
        raise ContractError(f"{where}: the idempotency key {declared.key!r} is not a parameter")
    for refusal in declared.refuses:
        if not refusal.code or not family_of(refusal):
            raise ContractError(f"{where}: {refusal.__name__} has no code")
    return Operation(
        context=cls.context,
        service=cls.__name__,
        version=cls.version,
        name=name,
        kind=declared.kind,
        key=declared.key,
        deadline_ms=declared.deadline_ms,
        refuses=declared.refuses,
        arguments=_arguments(cls, name, parameters, hints),
        answer=hints["return"],
        summary=(inspect.getdoc(method) or "").partition("\n")[0],
    )


def _arguments(
    cls: type[Service], name: str, parameters: list[inspect.Parameter], hints: dict[str, Any]
) -> type[msgspec.Struct]:
    fields: list[Any] = [
        (p.name, hints[p.name])
        if p.default is inspect.Parameter.empty
        else (p.name, hints[p.name], p.default)
        for p in parameters
    ]
    title = f"{cls.__name__}{''.join(part.title() for part in name.split('_'))}"
    return msgspec.defstruct(
        title, fields, frozen=True, kw_only=True, forbid_unknown_fields=True, module=cls.__module__
    )


def _check_implementation(
    interface: type[Service], implementation: type, operation: Operation
) -> None:
    where = f"{implementation.__module__}.{implementation.__name__}.{operation.name}"
    method = vars(implementation).get(operation.name)
    if method is None:
        raise ContractError(f"{where} is declared by {interface.__name__} and not implemented")
    declared = inspect.signature(getattr(interface, operation.name)).parameters
    written = inspect.signature(method).parameters
    if [(p.name, p.kind) for p in declared.values()] != [
        (p.name, p.kind) for p in written.values()
    ]:
        raise ContractError(f"{where} takes {list(written)}, the contract says {list(declared)}")
