"""Pokes: tiny messages that make sockets look again. Losing one delays an event and loses nothing.

They are published in the format of the channel layer, from wherever something happened. The layer
itself would open a connection for every call that comes from code without an event loop.
"""

from typing import Final
from uuid import UUID

from channels.layers import get_channel_layer

from vortex import valkey
from vortex.errors import Unavailable

# How channels_redis names the channel of a group; tests of the socket fail if that changes.
_GROUP_CHANNEL: Final = "asgi__group__"


def user_group(user_id: UUID) -> str:
    """Return the group of all sockets of one user."""
    return f"user.{user_id}"


def session_group(session_id: UUID) -> str:
    """Return the group of all sockets of one session."""
    return f"session.{session_id}"


def close_session(session_id: UUID) -> None:
    """Close the sockets of a session with code 4401, within a moment.

    Call it after the session was revoked: a socket that misses the poke finds out from the
    revocation set within fifteen seconds. Refuses with Unavailable while Valkey is down.
    """
    _publish(session_group(session_id), "realtime.end")


def check_user(user_id: UUID) -> None:
    """Make all sockets of a user ask at once whether their session is alive."""
    _publish(user_group(user_id), "realtime.check")


def poke(group: str, kind: str) -> tuple[str, bytes]:
    """Return the channel and the payload with which Valkey pokes a group."""
    layer = get_channel_layer()
    return _GROUP_CHANNEL + group, layer.serialize({"type": kind})


def _publish(group: str, kind: str) -> None:
    try:
        valkey.client().publish(*poke(group, kind))
    except valkey.FAILURES as error:
        raise Unavailable("sockets cannot be reached") from error
