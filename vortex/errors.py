"""Refusals: what can be said no to, each a class with a permanent code.

A refusal is an answer, not an accident. It belongs to a family that says what kind of no it is; the
HTTP status of a family is decided in vortex/http/problem.py alone. Anything that is not a refusal
is a bug and crashes loudly.
"""

from typing import Any, ClassVar

Fact = str | int | bool | None | list[Any] | dict[str, Any]

_by_code: dict[str, type["Refusal"]] = {}


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """A refusal with a permanent code, a title for people and facts for machines.

    Subclass a family, with `code=` and `title=`; a class without a code is a family. `facts` are
    JSON values and travel to the caller: never put a secret or another person's data there.
    """

    code: ClassVar[str] = ""
    title: ClassVar[str] = ""
    # True for what any call may end in, whatever its contract declares: late, moved, unreachable.
    is_universal: ClassVar[bool] = False

    def __init_subclass__(cls, *, code: str = "", title: str = "") -> None:
        super().__init_subclass__()
        cls.code = code
        cls.title = title or cls.title
        if not code:
            return
        known = _by_code.get(code)
        if known is not None and _path(known) != _path(cls):
            raise TypeError(f"refusal code {code!r} is taken by {_path(known)}")
        _by_code[code] = cls

    def __init__(self, detail: str = "", **facts: Fact) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.facts = facts

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.detail, self.facts)


class NotFound(Refusal, title="Not found"):
    """It does not exist, or not for this caller: the two are told apart by nobody."""


class Conflict(Refusal, title="Conflict"):
    """The present state does not allow it; reading the state again and retrying may help."""


class Refused(Refusal, title="Refused"):
    """A rule of the business says no."""


class Invalid(Refusal, title="Invalid input"):
    """The input cannot be understood. `facts["errors"]` may list {pointer, detail} per field."""


class Unauthenticated(Refusal, title="Sign in first"):
    """Nobody has been proved to be calling."""


class Forbidden(Refusal, title="Not allowed"):
    """The caller is known and may not do this to an object that they may know of."""


class TooMany(Refusal, title="Too many requests"):
    """Come back later; `facts["retry_after"]` is in seconds."""


class Unavailable(Refusal, title="Unavailable", code="unavailable"):
    """The answer never came. Nothing is promised about whether the work was done."""

    is_universal = True


FAMILIES: tuple[type[Refusal], ...] = (
    NotFound,
    Conflict,
    Refused,
    Invalid,
    Unauthenticated,
    Forbidden,
    TooMany,
    Unavailable,
)


def refusal_classes() -> dict[str, type[Refusal]]:
    """Return every refusal that has a code, by code."""
    return dict(sorted(_by_code.items()))


def family_of(refusal: type[Refusal]) -> type[Refusal]:
    """Return the family a refusal belongs to, or raise TypeError where it has none."""
    for family in FAMILIES:
        if issubclass(refusal, family):
            return family
    raise TypeError(f"{_path(refusal)} belongs to no family of refusals")


def rebuild(code: str, detail: str, facts: dict[str, Any]) -> Refusal:
    """Return the refusal that crossed a wire as (code, detail, facts).

    A code that is not known here comes back as Unavailable: the other side speaks a newer contract,
    and what it meant is not known.
    """
    known = _by_code.get(code)
    if known is None:
        return Unavailable(f"the answer carries an unknown refusal code {code!r}: {detail}")
    return known(detail, **facts)


def _restore(cls: type[Refusal], detail: str, facts: dict[str, Any]) -> Refusal:
    return cls(detail, **facts)


def _path(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"
