"""The command line: `python -m extraction COMMAND`; every module of extraction.commands is one."""

import argparse
import importlib
import pkgutil
import sys

from extraction import commands


def main(words: list[str] | None = None) -> int:
    """Run one command and return its exit code; a refusal explains itself and is 1."""
    parser = argparse.ArgumentParser(
        prog="python -m extraction",
        description="Lift a context into a service of its own, live, and bring it back.",
    )
    named = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for found in sorted(pkgutil.iter_modules(commands.__path__), key=lambda each: each.name):
        command = importlib.import_module(f"{commands.__name__}.{found.name}")
        words_of = named.add_parser(command.NAME, help=command.HELP, description=command.HELP)
        command.arguments(words_of)
        words_of.set_defaults(run=command.run)
    options = parser.parse_args(words)
    answer: int = options.run(options)
    return answer


if __name__ == "__main__":
    sys.exit(main())
