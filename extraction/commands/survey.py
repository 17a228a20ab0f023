"""`survey [CONTEXT]`: what ties a context to the others, and what stands in the way of a move."""

import argparse
import sys
from pathlib import Path
from typing import Any

import msgspec

from config.contexts import CONTEXTS, Context, context
from extraction.survey import pages, readiness, survey
from extraction.survey.observed import Observed, observed, strangers
from vortex.embedded import endpoints
from vortex.embedded.postgres import ADMIN
from vortex.embedded.secrets import Secrets

NAME = "survey"
HELP = "show the seams of a context and how ready it is to be lifted out"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("context", nargs="?", help="one context; all in a table without it")
    parser.add_argument("--json", action="store_true", help="answer with one JSON object")
    parser.add_argument(
        "--observe", action="store_true", help="add the SQL that the running bank has seen, by role"
    )
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the page of all seams")
    parser.add_argument("--check", type=Path, metavar="FILE", help="fail where that page is stale")


def run(options: argparse.Namespace) -> int:
    """Show what was asked for. With a context the exit code is 1 where something is in the way."""
    if options.write or options.check:
        return _page(options.write, options.check)
    try:
        named = [context(options.context)] if options.context else list(CONTEXTS)
    except LookupError as error:
        sys.stderr.write(f"There is {error}.\n")
        return 1
    seen = {known.name: _observe(known) for known in named} if options.observe else {}
    if options.json:
        sys.stdout.write(_as_json(named, seen))
    elif options.context:
        known = named[0].name
        sys.stdout.write(pages.text(survey(known), readiness(known)))
    else:
        sys.stdout.write(pages.table())
    if not options.json:
        sys.stdout.writelines(_observations(named, seen))
    in_the_way = [known for known in named if readiness(known.name).blockers]
    return 1 if options.context and in_the_way else 0


def _page(write: Path | None, check: Path | None) -> int:
    fresh = pages.page()
    if write:
        if not write.is_file() or write.read_text(encoding="utf-8") != fresh:
            write.write_text(fresh, encoding="utf-8")
            sys.stdout.write(f"wrote {write}\n")
        return 0
    if check and check.is_file() and check.read_text(encoding="utf-8") == fresh:
        return 0
    sys.stderr.write(f"{check} is stale; run make docs\n")
    return 1


def _as_json(named: list[Context], seen: dict[str, tuple[Observed, ...]]) -> str:
    content: dict[str, Any] = {
        known.name: {
            "survey": msgspec.to_builtins(survey(known.name)),
            "readiness": msgspec.to_builtins(readiness(known.name)),
            **({"observed": msgspec.to_builtins(seen[known.name])} if seen else {}),
        }
        for known in named
    }
    return msgspec.json.encode(content).decode() + "\n"


def _observe(known: Context) -> tuple[Observed, ...]:
    """Ask the PostgreSQL of the running bank."""
    home = endpoints.home()
    found = endpoints.read(home)
    if found is None or known.database_variable not in found:
        sys.stderr.write(f"No bank runs in {home}; --observe needs one: make up\n")
        raise SystemExit(1)
    url = found[known.database_variable]
    password = Secrets(home).get(f"postgres:{ADMIN}")
    server = url.rpartition("@")[2]
    return observed(f"postgresql://{ADMIN}:{password}@{server}", known)


def _observations(named: list[Context], seen: dict[str, tuple[Observed, ...]]) -> list[str]:
    lines = []
    for known in named:
        lines += [
            f"seen in {known.database}: {each.role} made {each.calls:,} calls of"
            f" {each.statements} statements on {len(each.tables)} tables\n"
            for each in seen.get(known.name, ())
        ]
        lines += [
            f"in the way: {role} reads tables of {known.name}\n"
            for role in strangers(seen.get(known.name, ()), known)
        ]
    return lines
