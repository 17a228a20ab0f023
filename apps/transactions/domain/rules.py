"""When a transaction looks so, file it so: conditions, and what several rules make together.

There is no pattern language: a text is part of another or it is not, so no rule can take long.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from uuid import UUID

from apps.transactions.contracts import MalformedRule, PostingKind
from vortex.money import MAX_MINOR

MOST_CONDITIONS: Final = 10


class Field(StrEnum):
    """What a condition looks at."""

    DESCRIPTION = "description"
    COUNTERPARTY = "counterparty"
    REFERENCE = "reference"
    AMOUNT_MINOR = "amount_minor"  # without sign
    ACCOUNT_ID = "account_id"
    DIRECTION = "direction"
    KIND = "kind"
    CURRENCY = "currency"


class Operator(StrEnum):
    """How it is compared; texts without regard to case."""

    IS = "is"
    IS_NOT = "is_not"
    CONTAINS = "contains"
    CONTAINS_NOT = "contains_not"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"


@dataclass(frozen=True, slots=True)
class Condition:
    """A field, an operator and a value, which is a number where the field is one."""

    field: Field
    operator: Operator
    value: str


@dataclass(frozen=True, slots=True)
class Looks:
    """A transaction as a rule sees it, from one of the customer's own accounts."""

    description: str
    counterparty: str
    reference: str
    amount_minor: int
    account_id: str
    direction: str
    kind: str
    currency: str


@dataclass(frozen=True)
class Ruling:
    """A rule: which conditions, all or any of them, and what then."""

    id: UUID
    conditions: tuple[Condition, ...]
    needs_all: bool
    category: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""
    stops: bool = False


@dataclass
class Filed:
    """What rules make of a transaction. Of two that say a category or a note, the first counts."""

    category: str = ""
    tags: list[str] = field(default_factory=list)
    note: str = ""
    rule_ids: list[UUID] = field(default_factory=list)


_TEXTS: Final = (Field.DESCRIPTION, Field.COUNTERPARTY, Field.REFERENCE)
_TEXT_OPERATORS: Final[dict[Operator, Callable[[str, str], bool]]] = {
    Operator.IS: lambda text, value: text == value,
    Operator.IS_NOT: lambda text, value: text != value,
    Operator.CONTAINS: lambda text, value: value in text,
    Operator.CONTAINS_NOT: lambda text, value: value not in text,
    Operator.STARTS_WITH: lambda text, value: text.startswith(value),
    Operator.ENDS_WITH: lambda text, value: text.endswith(value),
}
_NUMBER_OPERATORS: Final[dict[Operator, Callable[[int, int], bool]]] = {
    Operator.IS: lambda number, value: number == value,
    Operator.IS_NOT: lambda number, value: number != value,
    Operator.AT_LEAST: lambda number, value: number >= value,
    Operator.AT_MOST: lambda number, value: number <= value,
}
_CHOICES: Final = {
    Field.DIRECTION: frozenset({"in", "out"}),
    Field.KIND: frozenset(kind.value for kind in PostingKind),
}


def check(rule: Ruling) -> None:
    """Refuse a rule that compares what cannot be compared, or that does nothing."""
    if not 1 <= len(rule.conditions) <= MOST_CONDITIONS:
        raise MalformedRule(f"a rule has 1 to {MOST_CONDITIONS} conditions")
    if not (rule.category or rule.tags or rule.note or rule.stops):
        raise MalformedRule("the rule does nothing")
    for condition in rule.conditions:
        _check_condition(condition)


def _check_condition(condition: Condition) -> None:
    kind, value = condition.field, condition.value
    if kind == Field.AMOUNT_MINOR:
        allowed: frozenset[Operator] = frozenset(_NUMBER_OPERATORS)
        sound = value.isascii() and value.isdigit() and len(value) < 20 and int(value) <= MAX_MINOR
    elif kind in _TEXTS:
        allowed, sound = frozenset(_TEXT_OPERATORS), bool(value.strip())
    else:
        allowed, sound = frozenset({Operator.IS, Operator.IS_NOT}), bool(value)
        sound = sound and value in _CHOICES.get(kind, frozenset({value}))
    if condition.operator not in allowed or not sound:
        raise MalformedRule(
            f"{kind} {condition.operator} {value[:40]!r} cannot be compared", field=kind.value
        )


def matches(rule: Ruling, looks: Sequence[Looks]) -> bool:
    """Say whether a transaction is one that the rule means, from any of its own accounts."""
    needed = all if rule.needs_all else any
    return any(needed(holds(condition, one) for condition in rule.conditions) for one in looks)


def holds(condition: Condition, looks: Looks) -> bool:
    """Say whether a condition holds."""
    seen, value = getattr(looks, condition.field.value), condition.value
    if condition.field == Field.AMOUNT_MINOR:
        return _NUMBER_OPERATORS[condition.operator](seen, int(value))
    return _TEXT_OPERATORS[condition.operator](
        str(seen).casefold().strip(), value.casefold().strip()
    )


def filed(rules: Sequence[Ruling], looks: Sequence[Looks]) -> Filed:
    """Return what rules make of a transaction, in their order, up to one that stops."""
    found = Filed()
    for rule in rules:
        if not matches(rule, looks):
            continue
        found.category = found.category or rule.category
        found.note = found.note or rule.note
        found.tags += [tag for tag in rule.tags if tag not in found.tags]
        found.rule_ids.append(rule.id)
        if rule.stops:
            break
    return found
