"""Values for property tests, drawn from the types that a contract declares."""

import functools
from collections.abc import Callable
from datetime import UTC
from typing import Any, Final

import msgspec.inspect as types
from hypothesis import strategies as st

Strategy = st.SearchStrategy[Any]

# What both encodings carry: 64 bits, text without lone surrogates, instants that are aware.
_INT_64: Final = 2**63


def values_of(type_: Any) -> Strategy:
    """Return a strategy for any type that a contract may use; LookupError for one it may not."""
    return _strategy(types.type_info(type_))


def json_values() -> Strategy:
    """Return a strategy for facts of refusals: whole JSON values without floating point."""
    leaves = st.none() | st.booleans() | st.integers(-_INT_64, _INT_64 - 1) | _text()
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text(), inner, max_size=3),
        max_leaves=6,
    )


def _strategy(info: types.Type) -> Strategy:
    for kind, make in _MAKERS.items():
        if isinstance(info, kind):
            return make(info)
    raise LookupError(f"no contract should need a {type(info).__name__}")


def _text(info: Any = None) -> Strategy:
    least = getattr(info, "min_length", None) or 0
    most = getattr(info, "max_length", None)
    letters = st.characters(exclude_categories=["Cs"])
    return st.text(letters, min_size=least, max_size=least + 20 if most is None else most)


def _integer(info: Any) -> Strategy:
    least = -_INT_64 if info.ge is None else info.ge
    most = _INT_64 - 1 if info.le is None else info.le
    return st.integers(least, most)


def _instant(_: Any) -> Strategy:
    return st.datetimes(timezones=st.just(UTC))


def _union(info: Any) -> Strategy:
    return st.one_of([_strategy(member) for member in info.types])


def _struct(info: Any) -> Strategy:
    # Deferred, so that a type that contains itself does not recurse while it is being read.
    return st.deferred(lambda: _struct_now(info))


def _struct_now(info: Any) -> Strategy:
    return st.builds(info.cls, **{field.name: _strategy(field.type) for field in info.fields})


def _sequence(make: Callable[[Any], Any], info: Any) -> Strategy:
    return st.lists(_strategy(info.item_type), max_size=3).map(make)


def _fixed(info: Any) -> Strategy:
    return st.tuples(*map(_strategy, info.item_types))


def _dictionary(info: Any) -> Strategy:
    return st.dictionaries(_strategy(info.key_type), _strategy(info.value_type), max_size=3)


_MAKERS: Final[dict[type[types.Type], Callable[[Any], Strategy]]] = {
    types.NoneType: lambda _: st.none(),
    types.BoolType: lambda _: st.booleans(),
    types.IntType: _integer,
    types.StrType: _text,
    types.BytesType: lambda _: st.binary(max_size=20),
    types.UUIDType: lambda _: st.uuids(),
    types.DateTimeType: _instant,
    types.DateType: lambda _: st.dates(),
    types.EnumType: lambda info: st.sampled_from(info.cls),
    types.LiteralType: lambda info: st.sampled_from(info.values),
    types.StructType: _struct,
    types.UnionType: _union,
    types.VarTupleType: functools.partial(_sequence, tuple),
    types.ListType: functools.partial(_sequence, list),
    types.FrozenSetType: functools.partial(_sequence, frozenset),
    types.TupleType: _fixed,
    types.DictType: _dictionary,
    types.AnyType: lambda _: json_values(),
}
