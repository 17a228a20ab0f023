"""A contract that is written wrongly does not import."""

from typing import Any
from uuid import UUID

import pytest

from vortex.contracts import (
    ContractError,
    Event,
    Service,
    command,
    event,
    operations,
    query,
    serves,
)
from vortex.errors import NotFound, Refusal, Refused, Unavailable, rebuild
from vortex.ids import new_id


def test_a_command_without_its_idempotency_key_is_refused() -> None:
    with pytest.raises(ContractError, match="idempotency key"):

        class Broken(Service, context="sample", version=1):
            @command(key="order_id")
            def order(self, *, item: str) -> None: ...


def test_an_operation_that_says_neither_query_nor_command_is_refused() -> None:
    with pytest.raises(ContractError, match="neither"):

        class Broken(Service, context="sample", version=1):
            def order(self, *, item: str) -> None: ...


def test_a_positional_parameter_is_refused() -> None:
    with pytest.raises(ContractError, match="keyword-only"):

        class Broken(Service, context="sample", version=1):
            @query()
            def order(self, item: str) -> None: ...


def test_an_operation_without_an_answer_is_refused() -> None:
    with pytest.raises(ContractError, match="no answer"):

        class Broken(Service, context="sample", version=1):
            @query()
            def order(self, *, item: str): ...


class Shop(Service, context="sample", version=1):
    """A contract to be implemented in the tests below."""

    @query()
    def price(self, *, item: str) -> int:
        """Say what an item costs."""
        ...


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"price": lambda self, *, thing: 1},
        {"price": lambda self, item: 1},
    ],
    ids=["missing", "renamed parameter", "positional"],
)
def test_an_implementation_that_differs_from_its_contract_is_refused(
    members: dict[str, Any],
) -> None:
    with pytest.raises(ContractError):
        serves(Shop)(type("WrongShop", (), members))


def test_an_operation_knows_what_the_wire_and_the_docs_need() -> None:
    (price,) = operations(Shop)

    assert (price.path, price.kind, price.summary) == (
        "sample.Shop.price",
        "query",
        "Say what an item costs.",
    )


def test_one_event_type_has_one_declaration() -> None:
    @event("sample.happened", topic="user.events", key="sample_id")
    class Happened(Event):
        sample_id: UUID

    fact = Happened(sample_id=new_id())
    assert fact.key == str(fact.sample_id)

    with pytest.raises(ContractError, match="twice"):

        @event("sample.happened", topic="user.events", key="sample_id")
        class Other(Event):
            sample_id: UUID


class Missing(NotFound, code="sample_missing", title="Missing"):
    """A refusal for the tests below."""


def test_a_refusal_crosses_a_wire_whole() -> None:
    refusal = Missing("no such thing", item="lamp")

    again = rebuild(refusal.code, refusal.detail, refusal.facts)

    assert type(again) is Missing
    assert (again.detail, again.facts) == ("no such thing", {"item": "lamp"})


def test_a_refusal_of_a_newer_contract_promises_nothing() -> None:
    assert isinstance(rebuild("sample_from_the_future", "?", {}), Unavailable)


def test_a_refusal_code_belongs_to_one_class() -> None:
    with pytest.raises(TypeError, match="taken"):

        class Second(Refused, code="sample_missing"):
            """Claims a code that is in use."""

    assert issubclass(Missing, Refusal)
