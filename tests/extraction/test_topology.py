"""What may be written after TOPOLOGY=, and what a bank of several deployments is made of."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from config.contexts import CONTEXTS
from config.up.service import retired_mark
from extraction import places
from extraction.failures import Stop
from extraction.topology import read, share
from extraction.up.deployments import MONOLITH, Deployment
from extraction.up.topology import home_of, is_built, separated
from tests.bank import Bank, place, wait_for
from vortex.embedded.failures import CannotOpen
from vortex.embedded.files import write_private
from vortex.ids import new_id
from vortex.topology.routes import Route

NAMES = [context.name for context in CONTEXTS]


@pytest.mark.parametrize(
    ("topology", "names"),
    [
        ("", ()),
        ("monolith", ()),
        ("split:transactions", ("transactions",)),
        ("split: payments , auth", ("auth", "payments")),
        ("split:auth,auth", ("auth",)),
        ("all", tuple(name for name in NAMES if is_built(name))),
    ],
)
def test_a_topology_names_the_services(topology: str, names: tuple[str, ...]) -> None:
    assert separated(topology) == names


@pytest.mark.parametrize(
    "topology", ["split:", "split:loans", "split:auth,loans", "transactions", "both", "split:,"]
)
def test_what_is_no_topology_is_refused_with_the_list(topology: str) -> None:
    with pytest.raises(CannotOpen) as refused:
        separated(topology)

    assert all(name in str(refused.value) for name in NAMES)
    assert topology in str(refused.value)


def test_a_topology_keeps_data_of_its_own(tmp_path: Path) -> None:
    assert home_of(tmp_path, "") == tmp_path
    assert home_of(tmp_path, "split:payments,auth") == home_of(tmp_path, "split:auth,payments")
    assert home_of(tmp_path, "split:auth") != home_of(tmp_path, "split:payments")


def test_a_deployment_knows_its_own_contexts_and_where_the_others_are(tmp_path: Path) -> None:
    rest = tuple(context for context in CONTEXTS if context.name != "payments")
    (apart,) = (context for context in CONTEXTS if context.name == "payments")
    whole = Deployment(MONOLITH, rest, tmp_path, 8001)
    service = Deployment("payments", (apart,), tmp_path, 3004)

    for each in (whole, service):
        each.write_topology([whole, service], {})

    told = msgspec.json.decode((whole.home / "run" / "topology.json").read_bytes())["contexts"]
    assert told == {"payments": {"mode": "remote", "url": "http://127.0.0.1:3004"}}
    heard = msgspec.json.decode((service.home / "run" / "topology.json").read_bytes())["contexts"]
    assert heard.keys() == {context.name for context in rest}
    programs = {program.process.name: program for program in service.programs({})}
    assert list(programs)[-1] == "payments-web"
    assert "--queues=kernel.payments,payments" in programs["payments-worker"].command


def test_a_bank_apart_remembers_what_has_moved_out_of_it(tmp_path: Path) -> None:
    rest = tuple(context for context in CONTEXTS if context.name != "payments")
    (apart,) = (context for context in CONTEXTS if context.name == "payments")
    whole = Deployment(MONOLITH, rest, tmp_path, 8001)
    service = Deployment("payments", (apart,), tmp_path, 3004)
    whole.write_topology([whole, service], {})
    assert whole.moved(("payments",)) == {}

    share(whole.topology, "accounts", Route("remote", "http://127.0.0.1:3002"))
    moved = whole.moved(("payments",))
    for each in (whole, service):
        each.write_topology([whole, service], moved)

    assert moved == {"accounts": "http://127.0.0.1:3002"}
    told = read(whole.topology).contexts
    assert {name: route.url for name, route in told.items()} == {
        "accounts": "http://127.0.0.1:3002",
        "payments": "http://127.0.0.1:3004",
    }
    assert read(service.topology).contexts["accounts"].url == "http://127.0.0.1:3002"
    assert read(service.topology).contexts["auth"].url == "http://127.0.0.1:8001"


def test_what_was_opened_apart_is_no_side_of_a_move(tmp_path: Path) -> None:
    hosted = ",".join(name for name in NAMES if name != "payments")
    apart = places.Bank(tmp_path, {"VORTEX_HOSTS": hosted})
    (payments,) = (context for context in CONTEXTS if context.name == "payments")
    (accounts,) = (context for context in CONTEXTS if context.name == "accounts")

    with pytest.raises(Stop, match="payments was opened as a service"):
        apart.place(payments)

    assert not apart.apart(accounts)
    assert not places.Bank(tmp_path, {}).apart(payments), "a whole bank hosts all of them"
    write_private(retired_mark(tmp_path, "payments"), "")
    assert not apart.apart(payments), "what is retired has moved, and was not opened apart"


@pytest.fixture(scope="module")
def bank() -> Iterator[Bank]:
    """Two services and the rest behind a gateway, empty."""
    with place() as directory:
        apart = Bank(directory / "home", topology="split:transactions,payments")
        apart.open(DEMO="0")
        try:
            yield apart
        finally:
            apart.close()


@pytest.mark.slow
@pytest.mark.servers
@pytest.mark.timeout(300)
@pytest.mark.xdist_group("carved")
def test_a_bank_apart_answers_at_one_address_and_says_who_did(bank: Bank) -> None:
    def parts() -> dict[str, str]:
        found = httpx.get(f"{bank.url}/health/ready", timeout=10).json()["parts"]
        return {part["name"]: part["status"] for part in found}

    # What is said of the others is up to a second old.
    names = ("service:transactions", "service:payments")
    wait_for(lambda: {parts()[name] for name in names} == {"up"}, 20, "both services are up")
    assert "database:transactions" not in parts()
    with bank.client() as client:
        served = {
            path: client.get(path).headers["X-Served-By"]
            for path in ("/", "/api/accounts", "/api/transactions", "/api/v1/payments", "/admin/")
        }

    assert served == {
        "/": "monolith",
        "/api/accounts": "monolith",
        "/api/transactions": "transactions",
        "/api/v1/payments": "payments",
        "/admin/": "monolith",
    }


@pytest.mark.slow
@pytest.mark.servers
@pytest.mark.timeout(300)
@pytest.mark.xdist_group("carved")
def test_money_moves_across_the_wire_and_a_dead_service_leaves_the_others_alive(bank: Bank) -> None:
    email, password = "nora@example.com", "correct horse battery"
    person = {"email": email, "password": password, "full_name": "Nora Newcomer"}
    with bank.client() as stranger:
        assert stranger.post("/api/auth/register", json=person).status_code == 201
    with bank.client(email, password) as nora:
        opened = nora.post(
            "/api/accounts",
            json={"product": "checking", "currency": "EUR", "nickname": "Everyday"},
            headers={"Idempotency-Key": new_id().hex},
        )
        assert opened.status_code == 201, opened.text

        bank.kill("transactions-web")
        known = nora.get("/api/auth/user/profile")
        assert known.status_code == 200, known.text

        def comes_back() -> bool:
            return httpx.get(f"{bank.url}/api/transactions", timeout=10).status_code == 401

        wait_for(comes_back, 60, "the service comes back")
        assert nora.get("/api/transactions").json()["items"] == []
