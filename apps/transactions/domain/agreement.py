"""Judging our balances by another bank's: equal, explained by its rounding, or unexplained.

The other bank kept fractions that it did not print. Where an amount is printed rounded (interest),
ours differs from the true one by up to half a printed step, and the differences add up. Every
balance that the other bank prints bounds what its true balance can have been. As long as those
bounds leave at least one true history, rounding explains every difference; once they leave none,
nothing does.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """How a balance of ours stands to the other bank's."""

    EXACT = "exact"
    ROUNDED = "within rounding"
    UNEXPLAINED = "unexplained"


@dataclass(slots=True)
class TrueBalance:
    """The bounds of one account's true balance at the other bank, in minor units.

    `step_minor` is what the other bank prints multiples of; half of it is the largest error of a
    printed figure, whichever way a tie was rounded.
    """

    step_minor: int
    lowest: int = 0
    highest: int = 0

    def follow(self, amount_minor: int, printed_minor: int, *, rounded: bool) -> bool:
        """Take in the next movement; say whether a true history still exists.

        Once it does not, the bounds start anew from the printed balance, so that one broken
        movement is counted once.
        """
        half = self.step_minor // 2
        slack = half if rounded else 0
        self.lowest = max(self.lowest + amount_minor - slack, printed_minor - half)
        self.highest = min(self.highest + amount_minor + slack, printed_minor + half)
        if self.lowest <= self.highest:
            return True
        self.lowest, self.highest = printed_minor - half, printed_minor + half
        return False


@dataclass(slots=True)
class Comparison:
    """One account of ours beside the same account at the other bank, movement by movement."""

    step_minor: int
    _true: TrueBalance = field(init=False)
    _printed: int = 0
    _sum: int = 0

    def __post_init__(self) -> None:
        self._true = TrueBalance(self.step_minor)

    def judge(
        self, *, amount_minor: int, ours_minor: int, theirs_minor: int, rounded: bool
    ) -> Verdict:
        """Judge our balance after the next movement by the other bank's printed one.

        Ours must be the sum of the printed amounts to the last minor unit: an entry that is
        missing, doubled or changed is unexplained however small it is.
        """
        self._sum += amount_minor
        consistent = self._true.follow(amount_minor, theirs_minor, rounded=rounded)
        if ours_minor != self._sum or not consistent:
            return Verdict.UNEXPLAINED
        return Verdict.EXACT if ours_minor == theirs_minor else Verdict.ROUNDED

    def step_difference(self, amount_minor: int, theirs_minor: int) -> int:
        """Return by how much a printed balance misses the printed one before it plus the amount."""
        difference = theirs_minor - self._printed - amount_minor
        self._printed = theirs_minor
        return difference
