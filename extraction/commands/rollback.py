"""`rollback`: bring a context back into the monolith, by the same phases the other way round."""

import argparse

from extraction import running

NAME = "rollback"
HELP = "bring a context back into the monolith while it is in use; nothing is lost"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    running.arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Run the command."""
    return running.run(options, "rollback")
