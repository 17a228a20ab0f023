"""The command behind `make up TOPOLOGY=split:transactions`."""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace

from config.up.__main__ import main
from config.up.bank import Bank
from config.up.options import Options, chosen
from config.up.screen import Screen
from extraction.up.bank import SeparateBank
from extraction.up.topology import home_of, separated


def _choose(arguments: Sequence[str]) -> Options:
    """Return the options, with a home of the topology's own."""
    options = chosen(arguments)
    return replace(options, home=home_of(options.home, _asked()))


def _make(options: Options, screen: Screen) -> Bank:
    names = separated(_asked())
    return SeparateBank(options, screen, names) if names else Bank(options, screen)


def _asked() -> str:
    return os.environ.get("TOPOLOGY", "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], choose=_choose, make=_make))
