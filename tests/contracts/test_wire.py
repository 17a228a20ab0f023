"""Whatever a contract can say survives the wire, and says the same over it as without it."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contracts.published import EVENTS, OPERATIONS, REFUSALS, name_of
from vortex.binding import bind
from vortex.contracts import Event, Operation, Service, replace_implementation
from vortex.errors import Refusal, rebuild
from vortex.rpc import wire
from vortex.testing.runners import running
from vortex.testing.values import json_values, values_of

by_encoding = pytest.mark.parametrize("media_type", [wire.JSON, wire.MSGPACK])
by_operation = pytest.mark.parametrize(("interface", "operation"), OPERATIONS, ids=name_of)
FEW = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))

details = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
# A fact is a keyword of its refusal; `detail` and `self` are taken.
facts = st.dictionaries(
    st.sampled_from(["account_id", "currency", "errors", "left"]), json_values()
)


def test_there_is_something_to_test() -> None:
    assert len(OPERATIONS) >= 15
    assert len(EVENTS) >= 6
    assert len(REFUSALS) >= 20


@by_encoding
@by_operation
def test_decoding_what_was_encoded_gives_the_arguments_back(
    interface: type[Service], operation: Operation, media_type: str
) -> None:
    @FEW
    @given(values_of(operation.arguments))
    def holds(arguments: Any) -> None:
        encoded = wire.encode(arguments, media_type)
        assert wire.decode(encoded, operation.arguments, media_type) == arguments

    holds()


@by_encoding
@by_operation
def test_decoding_what_was_encoded_gives_the_answer_back(
    interface: type[Service], operation: Operation, media_type: str
) -> None:
    @FEW
    @given(values_of(operation.answer))
    def holds(answer: Any) -> None:
        encoded = wire.encode(answer, media_type)
        assert wire.decode(encoded, operation.answer, media_type) == answer

    holds()


@by_encoding
@pytest.mark.parametrize("event", EVENTS, ids=name_of)
def test_decoding_what_was_encoded_gives_the_event_back(
    event: type[Event], media_type: str
) -> None:
    @FEW
    @given(values_of(event))
    def holds(fact: Event) -> None:
        assert wire.decode(wire.encode(fact, media_type), event, media_type) == fact

    holds()


@pytest.mark.parametrize("refusal", REFUSALS, ids=name_of)
def test_a_refusal_survives_the_wire(refusal: type[Refusal]) -> None:
    @FEW
    @given(details, facts)
    def holds(detail: str, said: dict[str, Any]) -> None:
        problem = wire.problem(refusal(detail, **said), 422)
        arrived = wire.decode(wire.encode(problem, wire.JSON), wire.Problem, wire.JSON)

        rebuilt = rebuild(arrived.code, arrived.detail, arrived.facts)

        assert type(rebuilt) is refusal
        assert (rebuilt.detail, rebuilt.facts) == (detail, said)

    holds()


class Scripted(Service):
    """Stands for every operation of an interface; ends as told and keeps what it was given."""

    def __init__(self) -> None:
        self.ending: Any = None
        self.given: list[dict[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        def operation(**arguments: Any) -> Any:
            self.given.append(arguments)
            if isinstance(self.ending, Refusal):
                raise self.ending
            return self.ending

        return operation


def _call(interface: type[Service], operation: Operation, arguments: Any) -> Any:
    given = {name: getattr(arguments, name) for name in arguments.__struct_fields__}
    try:
        return getattr(bind(interface), operation.name)(**given)
    except Refusal as refusal:
        return type(refusal), refusal.detail, refusal.facts


@by_operation
def test_local_and_loopback_agree(interface: type[Service], operation: Operation) -> None:
    scripted = Scripted()
    refusals = [
        st.builds(lambda detail, said, kind=kind: kind(detail, **said), details, facts)
        for kind in operation.refuses
    ]

    @FEW
    @given(values_of(operation.arguments), st.one_of(values_of(operation.answer), *refusals))
    def agree(arguments: Any, ending: Any) -> None:
        scripted.ending, scripted.given = ending, []
        with running(operation.context, "local"):
            here = _call(interface, operation, arguments)
        with running(operation.context, "loopback"):
            there = _call(interface, operation, arguments)

        assert here == there
        assert all(given == scripted.given[0] for given in scripted.given)
        assert len(scripted.given) == (3 if operation.kind == "command" else 2)

    former = replace_implementation(interface, scripted)
    try:
        agree()
    finally:
        replace_implementation(interface, former)
