"""`carve CONTEXT --to DIR`: a project of its own, that boots, tests itself and can be deployed."""

import argparse
import sys
from pathlib import Path

import msgspec

from extraction.carving import CannotCarve, Project, carve, project

NAME = "carve"
HELP = "write a standalone project of one context"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("context", help="the context to carve out")
    parser.add_argument("--to", type=Path, required=True, metavar="DIR", help="an empty directory")
    parser.add_argument("--dry-run", action="store_true", help="say what would be written")
    parser.add_argument("--json", action="store_true", help="answer with one JSON object")


def run(options: argparse.Namespace) -> int:
    """Write the project, or say what would be written; refuse in one sentence."""
    try:
        made = project(options.context)
        if not options.dry_run:
            carve(made, options.to)
    except CannotCarve as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    sys.stdout.write(_as_json(made, options) if options.json else _as_text(made, options))
    return 0


def _as_json(made: Project, options: argparse.Namespace) -> str:
    content = {
        "context": made.context.name,
        "service": made.context.service,
        "port": made.context.port,
        "directory": str(options.to),
        "written": not options.dry_run,
        "files": made.files,
    }
    return msgspec.json.encode(content).decode() + "\n"


def _as_text(made: Project, options: argparse.Namespace) -> str:
    if options.dry_run:
        listed = "\n".join(f"  {'+' if p in made.written else ' '} {p}" for p in made.files)
        return f"{listed}\nWould write {len(made.files)} files to {options.to}; + is generated.\n"
    return (
        f"{made.context.service}: {len(made.files)} files in {options.to}\n"
        f"Now: cd {options.to} && make up    (it answers at port {made.context.port})\n"
        f"     make test                       (its own tests, in an environment of its own)\n"
    )
