"""`move`: lift a context out into its service, live."""

import argparse

from extraction import running

NAME = "move"
HELP = "move a context into a service of its own while it is in use"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    running.arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Run the command."""
    return running.run(options, "move")
