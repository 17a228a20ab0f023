"""The pause of a bank at rest: contexts move while nobody writes.

`python -m tests.topologies.idle` says what a move costs by itself: the fence, the marker's way, and
the two owners' rows. ROUNDS=5 makes more of them, CONTEXT=accounts takes one;
PAGE=docs/reference/proof.md writes the rows there.
"""

import os
import sys
from pathlib import Path
from typing import Any

from tests.bank import Bank, place
from tests.topologies.pages import markdown, publish
from tests.topologies.proof import BUILT, extraction

_HEADINGS = ["context", "moves", "shortest", "median", "longest", "the longest was spent on"]


def main() -> int:
    """Move each context out and back, and say for how long nobody could have written."""
    named = os.environ.get("CONTEXT", "")
    rows = [_HEADINGS]
    with place() as directory:
        bank = Bank(directory / "home")
        bank.open(DEMO="0")
        try:
            rows += [_measured(bank, context) for context in ((named,) if named else BUILT)]
        finally:
            bank.close()
    sys.stdout.write(f"{markdown(rows)}\n")
    if page := os.environ.get("PAGE", ""):
        publish(Path(page), "idle", rows, key=0, order=list(BUILT))
    return 0


def _measured(bank: Bank, context: str) -> list[str]:
    opened: list[dict[str, Any]] = [
        extraction(bank, action, context)["evidence"]["open"]
        for _ in range(int(os.environ.get("ROUNDS", "3")))
        for action in ("move", "rollback")
    ]
    opened.sort(key=lambda evidence: float(evidence["pause_ms"]))
    pauses = [opened[place]["pause_ms"] for place in (0, len(opened) // 2, -1)]
    spent = sorted(opened[-1]["spent_ms"].items(), key=lambda lap: -lap[1])
    most = ", ".join(f"{what} {milliseconds:.0f} ms" for what, milliseconds in spent[:3])
    return [context, str(len(opened)), *(f"{pause:.0f} ms" for pause in pauses), most]


if __name__ == "__main__":
    sys.exit(main())
