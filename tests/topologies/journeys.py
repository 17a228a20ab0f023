"""The journeys, unchanged, with contexts out: each one by itself, then all of them.

`python -m tests.topologies.journeys` opens a bank for each topology, moves the contexts out while
nobody looks, and runs tests/journeys against it. OUT=transactions takes one.
"""

import os
import subprocess
import sys

from tests.bank import ROOT
from tests.topologies.proof import BUILT


def main() -> int:
    """Run every topology; 1 where a journey failed in any."""
    named = os.environ.get("OUT", "")
    topologies = [named] if named else [*BUILT, ",".join(BUILT)]
    failed = []
    for out in topologies:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-n0",
                "-q",
                "-p",
                "no:cacheprovider",
                "tests/journeys",
            ],
            cwd=ROOT,
            env={**os.environ, "VORTEX_JOURNEYS_OUT": out},
            check=False,
        )
        sys.stdout.write(f"out: {out}: {'failed' if done.returncode else 'passed'}\n")
        sys.stdout.flush()
        failed += [out] if done.returncode else []
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
