"""What a command and its replay do alike is told from what differs, and callers pay nothing."""

import threading
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
import redis

from extraction.__main__ import main
from extraction.effects import net, original, places, replayed
from tests.kernel.sample import Shelf, Warehouse
from vortex import valkey
from vortex.binding import bind, rehearsal, tape
from vortex.binding.rehearsal import Entry
from vortex.binding.replay import Effects
from vortex.contracts import operations
from vortex.db.rehearsing import Change
from vortex.errors import Unavailable
from vortex.telemetry import context as request
from vortex.testing import person, stub
from vortex.testing.topology import routed
from vortex.topology import Route

ORDER, STOCK, _ = operations(Warehouse)
ORDER_ID = UUID("0193f3a1-0000-7000-8000-000000000001")
ACTOR = person()


def entry(**changes: Any) -> Entry:
    known: dict[str, Any] = {"operation": "a.B.c", "key": "k", "arguments": {}, "answer": 1}
    return Entry(began_at=datetime(2026, 1, 1, tzinfo=UTC), **known | changes)


def test_effects_that_are_the_same_differ_nowhere() -> None:
    rows = [Change("t", "insert", None, {"id": 1, "fee": 3, "epoch": 4})]
    again = [Change("t", "insert", None, {"id": 1, "fee": 3, "epoch": 5})]

    found = places(original(entry(), rows), replayed(Effects({"answer": 1}, again)))

    assert found == set()


@pytest.mark.parametrize(
    ("effects", "place"),
    [
        (Effects({"answer": 2}, [Change("t", "insert", None, {"fee": 3})]), "/said/answer"),
        (
            Effects({"answer": 1}, [Change("t", "insert", None, {"fee": 4})]),
            "/rows/t/insert/*/fee",
        ),
        (Effects({"answer": 1}, []), "/rows/t"),
        (
            Effects(
                {"answer": 1},
                [
                    Change("t", "insert", None, {"fee": 3}),
                    Change("outbox_message", "insert", None, {"type": "a.happened"}),
                ],
            ),
            "/events",
        ),
        (
            Effects(
                {"answer": 1},
                [Change("t", "insert", None, {"fee": 3})],
                [tape.Call("x.Y.z", "command", {})],
            ),
            "/asked",
        ),
    ],
)
def test_each_effect_that_differs_is_told_by_its_place(effects: Effects, place: str) -> None:
    rows = [Change("t", "insert", None, {"fee": 3})]

    assert places(original(entry(), rows), replayed(effects)) == {place}


def test_what_is_written_and_taken_back_is_no_effect() -> None:
    booked, back = {"id": 1, "balance": 5}, {"id": 1, "balance": 9}
    changes = [
        Change("t", "update", back, booked),
        Change("t", "insert", None, {"id": 2}),
        Change("t", "update", booked, back),
        Change("t", "update", {"id": 2}, {"id": 2, "seen": True}),
        Change("t", "insert", None, {"id": 3}),
        Change("t", "delete", {"id": 3}, None),
    ]

    assert net(changes) == [Change("t", "insert", None, {"id": 2, "seen": True})]


def test_a_tape_gives_each_answer_once_and_in_order() -> None:
    calls = [
        tape.Call(STOCK.path, "query", {}, 3),
        tape.Call(STOCK.path, "query", {}, 2),
        tape.Call(ORDER.path, "command", {}, refused=tape.No("sample_out_of_stock", "none left")),
    ]
    player = tape.Player("other", calls)

    with stub(Warehouse, Shelf(tin=99)), tape.running(player):
        found = [bind(Warehouse).stock(item="tin") for _ in range(2)]
        with pytest.raises(Exception, match="none left"):
            bind(Warehouse).order(order_id=ORDER_ID, items=("tin",))
        with pytest.raises(tape.NotOnTapeError):
            bind(Warehouse).stock(item="tin")

    assert found == [3, 2]
    assert player.missing == [STOCK.path]


def test_a_recorder_keeps_what_is_asked_and_knows_where_it_is_not_whole() -> None:
    shelf = Shelf(tin=3)
    recorder = tape.Recorder("other")

    with stub(Warehouse, shelf), tape.running(recorder):
        bind(Warehouse).stock(item="tin")
        was_whole = recorder.whole
        shelf.before = lambda: 1 / 0
        with pytest.raises(ZeroDivisionError):
            bind(Warehouse).stock(item="tin")

    assert [(call.operation, call.answer) for call in recorder.calls] == [(STOCK.path, 3)]
    assert (was_whole, recorder.whole) == (True, False)


@pytest.fixture
def put(monkeypatch: pytest.MonkeyPatch) -> list[Entry]:
    kept: list[Entry] = []
    monkeypatch.setattr(rehearsal._courier, "put", lambda _, entry: kept.append(entry))
    return kept


@pytest.mark.parametrize(("percent", "kept"), [(0, 0), (100, 1)])
def test_a_command_is_put_aside_in_the_share_that_is_asked_for(
    put: list[Entry], percent: int, kept: int
) -> None:
    with (
        stub(Warehouse, Shelf(tin=1)),
        routed({"sample": Route("shadow", "http://127.0.0.1:1", percent)}),
        request.use(actor=ACTOR, request_id="asked-once"),
    ):
        ordered = bind(Warehouse).order(order_id=ORDER_ID, items=("tin",))

    assert ordered.items == ("tin",)
    assert [(one.key, one.request_id, one.answer) for one in put] == [
        (str(ORDER_ID), "asked-once", ordered)
    ] * kept


def test_a_refusal_is_put_aside_and_what_decided_nothing_is_not(put: list[Entry]) -> None:
    shelf = Shelf(tin=0)

    def unavailable() -> None:
        raise Unavailable

    with (
        stub(Warehouse, shelf),
        routed({"sample": Route("shadow", "http://127.0.0.1:1", 100)}),
        request.use(actor=ACTOR),
    ):
        with pytest.raises(Exception, match="no tin"):
            bind(Warehouse).order(order_id=ORDER_ID, items=("tin",))
        shelf.before = unavailable
        with pytest.raises(Unavailable):
            bind(Warehouse).order(order_id=ORDER_ID, items=("tin",))

    assert [one.refused and one.refused.code for one in put] == ["sample_out_of_stock"]


def test_no_caller_waits_for_a_queue_that_is_full_and_what_is_dropped_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Valkey hangs with the first entry; the queue in memory fills; the rest is dropped at once."""
    hangs, sent = threading.Event(), threading.Event()
    counted: dict[str, int] = {}

    def send(context: str, encoded: bytes) -> None:
        assert msgspec.json.decode(encoded, type=Entry).operation == "a.B.c"
        sent.set()
        hangs.wait(60)

    class Counting:
        def hincrby(self, key: str, name: str, number: int) -> None:
            counted[f"{key} {name}"] = counted.get(f"{key} {name}", 0) + number

    monkeypatch.setattr(rehearsal, "_send", send)
    monkeypatch.setattr(valkey, "client", Counting)
    courier = rehearsal._Courier()

    courier.put("sample", entry())
    assert sent.wait(60)
    for _ in range(rehearsal.IN_MEMORY + 7):
        courier.put("sample", entry())
    hangs.set()

    for _ in range(600):
        if counted:
            break
        threading.Event().wait(0.1)
    assert counted == {"rehearsed:sample skipped": 7}


def test_valkey_that_is_away_costs_a_rehearsal_and_no_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried = threading.Event()

    def away() -> redis.Redis:
        tried.set()
        raise redis.ConnectionError

    monkeypatch.setattr(valkey, "client", away)
    courier = rehearsal._Courier()

    courier.put("sample", entry())

    assert tried.wait(60)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["transactions", "10", "--writes"], 1, "--writes goes with `shadow`"),
        (["transactions", "sideways"], 1, "neither `auto`, `shadow`, `outer` nor a number"),
        (["transactions", "shadow", "--writes", "101"], 2, "no number from 1 to 100"),
    ],
)
def test_a_share_that_makes_no_sense_is_refused_before_anything_is_done(
    capsys: pytest.CaptureFixture[str], words: list[str], code: int, said: str
) -> None:
    try:
        ended = main(["route", *words])
    except SystemExit as stopped:
        ended = int(stopped.code or 0)

    assert ended == code
    told = capsys.readouterr()
    assert said in told.out + told.err
