"""A person's stream, without a socket: what is kept, and what is no event."""

from typing import Any

import pytest

from tests.kernel.realtime.servers import keys_of, ticket_of
from vortex import valkey
from vortex.contracts import Principal
from vortex.errors import Unavailable
from vortex.ids import new_id
from vortex.realtime import check_user, listeners_among, push
from vortex.testing.sockets import look


@pytest.mark.parametrize("left_over", ["meta", "events"])
async def test_half_a_lost_stream_does_not_stop_the_next_event(
    ada: Principal, left_over: str
) -> None:
    await look(ada.user_id)
    push(ada.user_id, "sample.happened", {})
    push(ada.user_id, "sample.happened", {})
    valkey.client().delete(*(key for key in keys_of(ada) if not key.endswith(left_over)))

    await look(ada.user_id)
    sequence = push(ada.user_id, "sample.happened", {})

    assert sequence == (3 if left_over == "meta" else 1)


@pytest.mark.parametrize("type_", ["hello", "pong", "error", "resync_required"])
def test_no_event_looks_like_a_frame_of_the_socket(ada: Principal, type_: str) -> None:
    with pytest.raises(ValueError, match="reserved"):
        push(ada.user_id, type_, {})


def test_an_event_has_a_size(ada: Principal) -> None:
    with pytest.raises(ValueError, match="bytes"):
        push(ada.user_id, "sample.happened", "x" * 8_192)


def test_nothing_is_pushed_while_valkey_is_down(ada: Principal, settings: Any) -> None:
    settings.VORTEX_CACHE_URL = "redis://127.0.0.1:1/0"  # nobody listens there

    with pytest.raises(Unavailable):
        push(ada.user_id, "sample.happened", {})
    with pytest.raises(Unavailable):
        listeners_among([ada.user_id])
    with pytest.raises(Unavailable):
        ticket_of(ada)
    with pytest.raises(Unavailable):
        check_user(ada.user_id)


async def test_whoever_had_a_socket_listens_and_nobody_else(ada: Principal) -> None:
    stranger = new_id()
    assert listeners_among({ada.user_id, stranger}) == set()

    await look(ada.user_id)

    assert listeners_among({ada.user_id, stranger}) == {ada.user_id}
    assert listeners_among([]) == set()
