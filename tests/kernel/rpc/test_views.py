"""The server's end of the wire trusts nothing that is not signed, typed and in time."""

from typing import Any

import msgspec
import pytest
from django.http import HttpResponse
from django.test import Client

from tests.kernel.sample import Ordered, Seen, Shelf, Warehouse
from vortex.contracts import Operation, Principal, UndeclaredRefusalError, operations
from vortex.ids import new_id
from vortex.rpc import wire
from vortex.rpc.signing import sign
from vortex.testing import person
from vortex.testing.topology import routed

ORDER, STOCK, SEEN = operations(Warehouse)


def send(
    operation: Operation,
    body: bytes,
    *,
    actor: Principal | None = None,
    token: str | None = None,
    to: Operation | None = None,
    media_type: str = wire.JSON,
    **headers: str,
) -> HttpResponse:
    """Send one call as a caller would; each part can be replaced by a wrong one."""
    signed = token or sign(operation, body, issuer="payments", actor=actor)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Client().generic(
        "POST",
        wire.address(to or operation),
        body,
        content_type=media_type,
        headers={"Authorization": f"Bearer {signed}", "Accept": media_type, **named},
    )  # type: ignore[return-value]


def order(*items: str, **overrides: Any) -> HttpResponse:
    """Order things under a fresh key."""
    key = str(new_id())
    body = msgspec.json.encode({"order_id": key, "items": items})
    return send(ORDER, body, **{"Idempotency_Key": key, **overrides})


def problem(response: HttpResponse) -> wire.Problem:
    assert response["Content-Type"] == wire.PROBLEM
    found = msgspec.json.decode(response.content, type=wire.Problem)
    assert found.status == response.status_code
    return found


def test_a_command_is_answered(shelf: Shelf) -> None:
    response = order("tin")

    assert response.status_code == 200
    assert msgspec.json.decode(response.content, type=Ordered).items == ("tin",)
    assert shelf.counts == {"tin": 2}


def test_an_answer_comes_in_messagepack_where_it_is_asked_for(shelf: Shelf) -> None:
    body = msgspec.msgpack.encode({"item": "tin"})

    response = send(STOCK, body, media_type=wire.MSGPACK)

    assert response["Content-Type"] == wire.MSGPACK
    assert msgspec.msgpack.decode(response.content) == 3


def test_a_refusal_travels_with_its_code_and_its_facts(shelf: Shelf) -> None:
    response = order("tin", "hammer")

    found = problem(response)
    assert (response.status_code, found.code) == (422, "sample_out_of_stock")
    assert (found.detail, found.facts) == ("no hammer", {"item": "hammer", "left": 0})


def test_an_undeclared_refusal_is_a_bug_and_crashes(shelf: Shelf) -> None:
    with pytest.raises(UndeclaredRefusalError, match="sample_no_such_item"):
        send(STOCK, b'{"item": "hammer"}')


@pytest.mark.parametrize("header", ["", "Basic eDp5", "Bearer", "Bearer x.y.z"])
def test_an_unsigned_call_is_not_made(shelf: Shelf, header: str) -> None:
    response = send(STOCK, b'{"item": "tin"}', Authorization=header)

    assert (response.status_code, problem(response).code) == (401, "call_not_signed")
    assert shelf.calls == 0


def test_a_token_cannot_be_replayed_at_another_operation(shelf: Shelf) -> None:
    body = b'{"item": "tin"}'

    response = send(STOCK, body, token=sign(STOCK, body, issuer="payments", actor=None), to=SEEN)

    assert response.status_code == 401
    assert shelf.calls == 0


def test_a_token_cannot_be_replayed_with_another_body(shelf: Shelf) -> None:
    token = sign(STOCK, b'{"item": "tin"}', issuer="payments", actor=None)

    response = send(STOCK, b'{"item": "gun"}', token=token)

    assert response.status_code == 401
    assert shelf.calls == 0


@pytest.mark.parametrize(
    "path",
    [
        "/rpc/sample/v1/Warehouse.burn",
        "/rpc/sample/v2/Warehouse.stock",
        "/rpc/sample/v1/Warehouse._arrive",
        "/rpc/sample/v1/Nothing.stock",
        "/rpc/nowhere/v1/Warehouse.stock",
    ],
)
def test_an_unknown_operation_is_a_problem_too(shelf: Shelf, path: str) -> None:
    response = Client().post(path, b"{}", content_type=wire.JSON)

    assert (response.status_code, problem(response).code) == (404, "unknown_operation")  # type: ignore[arg-type]


def test_an_operation_that_is_not_hosted_here_is_unknown_here() -> None:
    response = send(STOCK, b'{"item": "tin"}')

    assert (response.status_code, problem(response).code) == (404, "unknown_operation")


def test_nothing_is_called_by_a_get(shelf: Shelf) -> None:
    assert Client().get(wire.address(STOCK)).status_code == 405


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b'{"item": 7}', b'{"item": "tin", "more": 1}', b'{"item": "tin"', b"\xff"],
)
def test_arguments_are_what_the_contract_says_or_the_call_is_not_made(
    shelf: Shelf, body: bytes
) -> None:
    response = send(STOCK, body)

    assert (response.status_code, problem(response).code) == (400, "malformed_call")
    assert shelf.calls == 0


@pytest.mark.parametrize("key", ["", "another"])
def test_the_key_in_the_header_is_the_key_of_the_command(shelf: Shelf, key: str) -> None:
    response = order("tin", Idempotency_Key=key)

    assert (response.status_code, problem(response).code) == (400, "malformed_call")
    assert shelf.calls == 0


@pytest.mark.parametrize("left", ["0", "-5"])
def test_a_call_whose_time_is_over_is_not_made(shelf: Shelf, left: str) -> None:
    response = send(STOCK, b'{"item": "tin"}', X_Deadline_Ms=left)

    assert (response.status_code, problem(response).code) == (503, "deadline_exceeded")
    assert shelf.calls == 0


def test_a_deadline_is_a_number(shelf: Shelf) -> None:
    assert send(STOCK, b'{"item": "tin"}', X_Deadline_Ms="soon").status_code == 400


@pytest.mark.parametrize(("granted", "most"), [("200", 200), ("60000", 5000)])
def test_an_operation_runs_within_what_is_left(shelf: Shelf, granted: str, most: int) -> None:
    response = send(SEEN, b"{}", X_Deadline_Ms=granted)

    seen = msgspec.json.decode(response.content, type=Seen)
    assert most - 150 < seen.remaining_ms <= most


def test_an_operation_knows_for_whom_and_why_it_runs(shelf: Shelf) -> None:
    actor = person()

    response = send(SEEN, b"{}", actor=actor, X_Request_Id="r-1", X_Causation_Id="c-1")

    seen = msgspec.json.decode(response.content, type=Seen)
    assert (seen.actor_id, seen.request_id, seen.causation_id) == (actor.user_id, "r-1", "c-1")


def test_an_operation_that_is_switched_off_is_not_run(shelf: Shelf) -> None:
    with routed({}, killed=(STOCK.path,)):
        response = send(STOCK, b'{"item": "tin"}')

    assert (response.status_code, problem(response).code) == (503, "operation_killed")
    assert shelf.calls == 0


def test_a_body_without_end_is_not_read(shelf: Shelf) -> None:
    response = send(STOCK, b" " * (wire.MAX_BODY_BYTES + 1))

    assert (response.status_code, problem(response).code) == (400, "malformed_call")
