"""What a person may write after TOPOLOGY=, and where such a bank keeps its data."""

from pathlib import Path

from config.contexts import CONTEXTS
from config.up.preparation import ROOT
from vortex.embedded.failures import CannotOpen

MONOLITH, ALL, SPLIT = "monolith", "all", "split:"


def separated(topology: str) -> tuple[str, ...]:
    """Return the contexts that are services of their own, in the house's order.

    `all` means every context that is built; an empty one has nothing to serve yet.
    """
    if topology in {"", MONOLITH}:
        return ()
    if topology == ALL:
        return tuple(known.name for known in CONTEXTS if is_built(known.name))
    named = topology.removeprefix(SPLIT) if topology.startswith(SPLIT) else ""
    wanted = {name.strip() for name in named.split(",") if name.strip()}
    unknown = wanted - {known.name for known in CONTEXTS}
    if unknown or not wanted:
        names = ", ".join(known.name for known in CONTEXTS)
        raise CannotOpen(
            f"TOPOLOGY={topology} is none. Write TOPOLOGY={SPLIT}NAME, with several names "
            f"separated by commas, or TOPOLOGY={ALL}; the names are {names}."
        )
    return tuple(known.name for known in CONTEXTS if known.name in wanted)


def home_of(home: Path, topology: str) -> Path:
    """Return the home of a topology. Each has data of its own: none is half a bank of another's."""
    names = separated(topology)
    return home / "topologies" / "-".join(names) if names else home


def is_built(name: str) -> bool:
    """Say whether a context has tables, and so something to be served."""
    return (ROOT / "apps" / name / "migrations").is_dir()
