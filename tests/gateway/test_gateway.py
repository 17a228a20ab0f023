"""The gateway with a real Envoy: shares, their changes under load, mirrors, ejections, retries."""

import base64
import os
import signal
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import UUID

import msgspec
import pytest

from extraction.gateway import NotInForce, Plan, Route, apply, bootstrap
from extraction.gateway.control import _Admin, _change, ask
from tests.bank import wait_for
from tests.gateway.conftest import Opens
from tests.gateway.instances import Instance, Load
from vortex.embedded.envoy import Envoy
from vortex.embedded.failures import CannotOpen
from vortex.ids import new_id
from vortex.topology.share import share_of

pytestmark = pytest.mark.xdist_group("gateway")

READ = "/api/transactions/x"


def token(**claims: Any) -> dict[str, str]:
    """Return a header with a token as auth makes them; the gateway reads it and checks nothing."""
    parts = [msgspec.json.encode(part) for part in ({"alg": "EdDSA"}, claims)]
    text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts).decode()
    return {"Authorization": f"Bearer {text}.c2ln"}


def of(user_id: UUID) -> dict[str, str]:
    """Return the token of a person; every one is another, as after each renewal."""
    return token(iss="vortexcore", jti=str(new_id()), sub=str(user_id), sid=str(new_id()))


def test_the_routes_of_a_context_go_to_its_service_and_all_others_stay(
    opens: Opens, monolith: Instance, service: Instance
) -> None:
    route = Route((service.url,), percent=100)
    gateway = opens(Plan((monolith.url,), {"auth": route, "transactions": route}))

    theirs = (
        "/api/transactions /api/v1/transactions/1/x?y=1 /ws/transactions /rpc/transactions/v1/a.b"
    )
    theirs += " /.well-known/jwks.json /dev/mailbox /api/auth/login /api/accounts/../transactions"
    ours = "/ /api/transactionsx /api/accounts /admin/ /ws /api/schema /health/ready /static/x"

    assert {path: gateway.client.get(path).text for path in theirs.split()} == dict.fromkeys(
        theirs.split(), "service"
    )
    assert {path: gateway.client.get(path).text for path in ours.split()} == dict.fromkeys(
        ours.split(), "monolith"
    )
    assert gateway.client.get("/api/transactions%2f..%2faccounts").status_code == 400


def test_a_share_changes_live_and_no_request_under_load_fails(
    opens: Opens, monolith: Instance, service: Instance
) -> None:
    gateway = opens(Plan((monolith.url,)))
    load = Load(gateway.url, (READ, "/api/accounts"))

    with load.running():
        for percent in (0, 10, 50, 100, 30, 0):
            changed = gateway.plan.with_route(
                "transactions", upstream=(service.url,), percent=percent
            )
            gateway.put(changed)
            load.wait_for(40)
        gateway.put(gateway.plan.with_route("transactions", percent=100))
        load.wait_for(40)
        gateway.put(gateway.plan.without("transactions"))
        load.wait_for(40)

    assert load.failed == []
    assert {seen.path for seen in service.seen} == {READ}
    assert {seen.path for seen in monolith.seen} == {READ, "/api/accounts"}


def test_a_change_is_in_force_when_it_is_said_to_be(
    opens: Opens, monolith: Instance, service: Instance
) -> None:
    gateway = opens(Plan((monolith.url,), {"transactions": Route((service.url,))}))

    for percent, expected in (*[(100, "service"), (0, "monolith")] * 5,):
        gateway.put(gateway.plan.with_route("transactions", percent=percent))

        assert {ask(gateway.port, READ).decode() for _ in range(10)} == {expected}


def test_a_person_stays_on_one_side_the_same_as_calls_between_contexts_choose(
    opens: Opens, monolith: Instance, service: Instance
) -> None:
    plan = Plan((monolith.url,), {name: Route((service.url,)) for name in ("transactions", "auth")})
    gateway = opens(plan)
    people = [new_id() for _ in range(60)]

    for percent in (1, 25, 50, 99):
        for context in ("transactions", "auth"):
            gateway.put(gateway.plan.with_route(context, percent=percent))
            for one in people:
                expected = "service" if share_of(context, one) < percent else "monolith"
                path = f"/api/v1/{context}/x"
                assert gateway.client.get(path, headers=of(one)).text == expected
                assert gateway.client.post(path, headers=of(one)).text == expected

    chosen = {
        context: {one for one in people if share_of(context, one) < 50} for context in plan.routes
    }
    assert chosen["transactions"] != chosen["auth"]


def test_a_call_between_services_goes_where_its_person_goes(
    opens: Opens, monolith: Instance, service: Instance
) -> None:
    gateway = opens(Plan((monolith.url,), {"transactions": Route((service.url,), percent=50)}))

    for one in [new_id() for _ in range(40)]:
        call = token(iss="accounts", aud="transactions", act={"user_id": str(one), "roles": []})
        expected = "service" if share_of("transactions", one) < 50 else "monolith"
        assert gateway.client.post("/rpc/transactions/v1/Ledger.x", headers=call).text == expected


def test_a_token_that_is_none_is_answered_all_the_same(
    opens: Opens, monolith: Instance, service: Instance
) -> None:
    gateway = opens(Plan((monolith.url,), {"transactions": Route((service.url,), percent=50)}))
    said = ["Bearer", "Bearer ..", "Bearer a.b.c", "Bearer e30.e30.x", "Basic YTpi", "Bearer x.=.y"]
    said += ["Bearer a." + "A" * 20_000 + ".b"]
    said += [token(sub=claimed)["Authorization"] for claimed in ("nobody", "5", ["x"], "-", "é")]

    for authorization in said:
        headers = {"Authorization": authorization, "X-Vortex-Share": "7"}
        assert gateway.client.get(READ, headers=headers).status_code == 200, authorization

    seen = monolith.seen + service.seen
    assert len(seen) == len(said)
    assert {each.headers.get("x-vortex-share") for each in seen} == {None}
    assert gateway.stat("http.bank.lua.errors") == 0


def test_reads_may_move_before_writes_do(
    opens: Opens, monolith: Instance, service: Instance
) -> None:
    gateway = opens(Plan((monolith.url,), {"transactions": Route((service.url,), 0, reads=100)}))
    key = {"Idempotency-Key": new_id().hex}
    call = "/rpc/transactions/v1/Ledger.x"

    assert gateway.client.get(READ).text == "service"
    assert gateway.client.post(READ).text == "monolith"
    assert gateway.client.post(call).text == "service"
    assert gateway.client.post(call, headers=key).text == "monolith"


def test_a_mirror_shows_reads_to_the_service_and_answers_from_the_monolith(
    opens: Opens, monolith: Instance, service: Instance
) -> None:
    gateway = opens(Plan((monolith.url,), {"transactions": Route((service.url,), mirror=100)}))

    answers = [gateway.client.get(f"{READ}?{n}").text for n in range(20)]
    answers += [gateway.client.post(READ, headers={"Idempotency-Key": "k"}).text for _ in range(5)]

    assert set(answers) == {"monolith"}
    wait_for(lambda: len(service.seen) == 20, 10, "the mirrored reads arrive")
    assert {seen.method for seen in service.seen} == {"GET"}
    assert {seen.headers["host"] for seen in service.seen} == {f"127.0.0.1:{gateway.port}"}
    assert {seen.headers.get("x-vortex-mirrored") for seen in service.seen} == {"1"}
    assert {seen.headers.get("x-vortex-mirrored") for seen in monolith.seen} == {None}


def test_an_instance_that_keeps_failing_is_left_out_and_nobody_notices(
    opens: Opens, monolith: Instance, service: Instance
) -> None:
    with Instance("broken", lambda _: (503, {})) as broken:
        route = Route((service.url, broken.url), percent=100)
        gateway = opens(Plan((monolith.url,), {"transactions": route}))

        def ejected() -> bool:
            assert gateway.client.get(READ).text == "service"
            name = "cluster.transactions.outlier_detection.ejections_active"
            return gateway.stat(name) == 1

        wait_for(ejected, 20, "the broken instance is left out")

        asked = len(broken.seen)
        assert asked >= 5
        assert {gateway.client.get(READ).text for _ in range(20)} == {"service"}
        assert len(broken.seen) == asked


def test_the_last_instance_is_never_left_out(opens: Opens, monolith: Instance) -> None:
    with Instance("broken", lambda _: (503, {})) as broken:
        gateway = opens(Plan((monolith.url,), {"transactions": Route((broken.url,), percent=100)}))

        answers = {gateway.client.post(READ).text for _ in range(20)}

        assert answers == {"broken"}


def dies_once() -> Any:
    """Return the behaviour of an instance that dies under its first request and is well after."""
    alive = iter([None])
    return lambda _: next(alive, (200, {}))


@pytest.mark.parametrize(
    ("method", "headers", "status", "times"),
    [
        ("GET", {}, 200, 2),
        ("POST", {"Idempotency-Key": "once"}, 200, 2),
        ("POST", {}, 503, 1),
    ],
    ids=["a read is sent again", "a write with a key is sent again", "any other write never"],
)
def test_what_is_sent_again_when_an_instance_dies_under_a_request(
    opens: Opens, method: str, headers: dict[str, str], status: int, times: int
) -> None:
    with Instance("mortal", dies_once()) as mortal:
        gateway = opens(Plan((mortal.url,)))

        answer = gateway.client.request(method, READ, headers=headers, content=b"all of it")

        assert answer.status_code == status
        assert len(mortal.seen) == times
        assert {seen.body for seen in mortal.seen} == {b"all of it"}


def test_a_refusal_with_503_of_a_write_is_the_answer(opens: Opens) -> None:
    with Instance("away", lambda _: (503, {"Retry-After": "3"})) as away:
        gateway = opens(Plan((away.url,)))

        answer = gateway.client.post(READ, headers={"Idempotency-Key": "once"})

        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "3")
        assert len(away.seen) == 1


def test_the_client_learns_where_it_was_answered_and_by_which_address_it_is_known(
    opens: Opens, monolith: Instance, service: Instance
) -> None:
    gateway = opens(Plan((monolith.url,), {"transactions": Route((service.url,), percent=100)}))
    lie = {"X-Forwarded-For": "203.0.113.9", "X_Forwarded_For": "203.0.113.9"}

    answer = gateway.client.get(READ, headers=lie | {"X-Request-Id": "mine-12345"})

    assert answer.headers["X-Served-By"] == "transactions"
    assert gateway.client.get("/").headers["X-Served-By"] == "monolith"
    (seen,) = service.seen
    assert seen.headers["x-forwarded-for"].split(",")[-1].strip() != "203.0.113.9"
    assert "x_forwarded_for" not in seen.headers
    assert seen.headers["x-request-id"] == "mine-12345"


def test_a_gateway_that_refuses_a_file_says_why_and_keeps_the_former_routes(
    opens: Opens, monolith: Instance
) -> None:
    gateway = opens(Plan((monolith.url,)))
    former = Path(gateway.files.routes).read_bytes()
    nonsense = msgspec.json.decode(former) | {"version_info": "next"}
    nonsense["resources"][0]["virtual_hosts"][0]["routes"][1]["route"] = {"cluster": "nowhere"}

    admin = _Admin(gateway.envoy.admin_port, monotonic() + 20, gateway.envoy.process.log)
    with pytest.raises(NotInForce, match="nowhere"):
        _change(gateway.files.routes, msgspec.json.encode(nonsense), admin, "rds", "next")

    assert Path(gateway.files.routes).read_bytes() == former
    assert gateway.client.get(READ).text == "monolith"


def test_a_gateway_that_is_stuck_or_gone_is_no_success(
    opens: Opens, monolith: Instance, service: Instance
) -> None:
    gateway = opens(Plan((monolith.url,)))
    moved = gateway.plan.with_route("transactions", upstream=(service.url,), percent=100)
    pid = gateway.envoy.process.pid or 0
    former = Path(gateway.files.clusters).read_bytes()

    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(NotInForce):
            apply(gateway.files, moved, admin_port=gateway.envoy.admin_port, patience_seconds=0.2)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert Path(gateway.files.clusters).read_bytes() == former

    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: gateway.envoy.process.pid is None, 10, "the gateway is gone")
    with pytest.raises(NotInForce, match="does not answer"):
        apply(gateway.files, moved, admin_port=gateway.envoy.admin_port)

    gateway.files.write(moved)
    gateway.envoy.start()
    assert ask(gateway.port, READ) == b"service"


def test_a_second_gateway_on_the_same_port_is_refused(opens: Opens, monolith: Instance) -> None:
    gateway = opens(Plan((monolith.url,)))
    other = Envoy(
        gateway.envoy.home,
        lambda admin: bootstrap(gateway.files, "127.0.0.1", gateway.port, admin),
        name="second",
    )

    with pytest.raises(CannotOpen, match="in use"):
        other.start()
    assert gateway.client.get(READ).text == "monolith"


@pytest.mark.parametrize("url", ["", "3003", "https://x:1", "http://", "http://x/y", "ftp://x"])
def test_what_is_no_address_of_an_instance_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="address"):
        Route((url,))


@pytest.mark.parametrize("percent", [-1, 101])
def test_what_is_no_percentage_is_refused(percent: int) -> None:
    with pytest.raises(ValueError, match="percentage"):
        Route(("http://x:1",), percent=percent)


def test_an_unknown_context_is_refused_with_the_list() -> None:
    with pytest.raises(LookupError, match=r"loans.*transactions"):
        Plan(("http://x:1",), {"loans": Route(("http://x:2",))})
