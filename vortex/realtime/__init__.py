"""One authenticated socket per browser, fed from one ordered stream per user."""

from vortex.realtime.pokes import check_user, close_session
from vortex.realtime.stream import News, listeners_among, push, push_many
from vortex.realtime.tickets import issue_ticket

__all__ = [
    "News",
    "check_user",
    "close_session",
    "issue_ticket",
    "listeners_among",
    "push",
    "push_many",
]
