"""`rollback`: bring a context back into the monolith, by the same phases the other way round."""

import argparse

from extraction import running

NAME = "rollback"
HELP = "bring a context back into the monolith while it is in use; nothing is lost"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    running.arguments(parser)
    parser.add_argument(
        "--for-good",
        action="store_true",
        help="afterwards, or where it is back already: end the move, so that DDL is let through",
    )


def run(options: argparse.Namespace) -> int:
    """Run the command."""
    return running.run(options, "rollback")
