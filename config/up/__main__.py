"""The command behind `make up`."""

import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType

from config.up.bank import REST_SECONDS, Bank
from config.up.options import Options, chosen
from config.up.preflight import take_home
from config.up.screen import Screen, screen
from vortex.embedded.endpoints import home
from vortex.embedded.failures import CannotOpen, disk_full

GREETING = """
The bank is open at {address}

  dashboard           {address}{source}
  API documentation   {address}/api/docs
  administration      {address}/admin/
  health              {address}/health/ready
{demo}
Next: read docs/tour.md, which follows one transfer through the files.
Logs are in {home}/log. Ctrl-C closes the bank; the data stay in {home}.
"""
DEMO = """
  sign in as          customer1@example.com, customer2@example.com or staff@example.com
  password            vortex-demo-2026
"""


class Closing(BaseException):
    """Somebody asked the bank to close."""


def main(
    arguments: Sequence[str],
    *,
    choose: Callable[[Sequence[str]], Options] = chosen,
    make: Callable[[Options, Screen], Bank] = Bank,
) -> int:
    """Open the bank and keep it open until a signal; return the exit code.

    `make` says which parts a bank consists of, `choose` where it keeps its data.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _close)
    try:
        options = choose(arguments)
        lock = take_home(options)
        try:
            _run(options, make)
        finally:
            lock.release()
    except Closing:
        return 0
    except CannotOpen as refusal:
        sys.stderr.write(f"\n{refusal}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"\n{disk_full(home(), error)}\n")
        return 1
    return 0


def _run(options: Options, make: Callable[[Options, Screen], Bank]) -> None:
    shown = screen()
    bank = make(options, shown)
    try:
        bank.open()
        shown.tell(greeting(options))
        bank.keep(REST_SECONDS if options.measure else None)
        shown.tell(bank.report())
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # closing is not interrupted
        shown.close()
        bank.close()


def greeting(options: Options) -> str:
    """Return what a newcomer needs to know once the bank is open."""
    demo = DEMO if options.demo else ""
    source = f"  (its source: {options.source_address})" if options.dev else ""
    return GREETING.format(address=options.address, home=options.home, demo=demo, source=source)


def _close(_number: int, _frame: FrameType | None) -> None:
    raise Closing


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
