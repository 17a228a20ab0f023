"""What a refresh token means when it comes back, decided from its family alone.

A family is the line of refresh tokens of one session. Each is good for one rotation. One that comes
a second time is either the same client, whose answer got lost, or a thief: within a short grace the
first is assumed and the same successor is given again, so that both hold one and the same token;
later, or once the successor has been used, the second is, and the session ends.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

GRACE: Final = timedelta(seconds=30)


class Verdict(StrEnum):
    """What becomes of a refresh token that is not the current one of its family."""

    REPEAT = "repeat"
    REUSE = "reuse"


@dataclass(frozen=True)
class Line:
    """The end of a family: the token in force, the one before it, and when they changed places."""

    current_id: UUID
    previous_id: UUID | None
    rotated_at: datetime


def judge(line: Line, presented_id: UUID, now: datetime) -> Verdict:
    """Say what a token means that was genuine once and is not in force."""
    just_rotated = now - line.rotated_at <= GRACE
    return Verdict.REPEAT if presented_id == line.previous_id and just_rotated else Verdict.REUSE
