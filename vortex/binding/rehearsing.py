"""`python -m vortex.binding.rehearsing CONTEXT`: replays commands on a stand-by, and keeps none.

It is the stand-by's own code, started by the operator's tool: an order is a line on standard input,
its effects are a line on standard output. The transaction cannot commit (vortex/db/rehearsing.py),
what other contexts said comes from the tape, and the process is shut from its start: it opens no
socket, starts no program and writes no file. PostgreSQL alone it reaches, by libpq.
"""

import os
import sys
from typing import Any, Final

import msgspec

_SHUT: Final = frozenset(
    (
        *("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"),
        *("socket.getaddrinfo", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"),
        *("os.fork", "os.forkpty", "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link"),
        *("os.symlink", "os.truncate", "os.chmod", "os.chown"),
    )
)
_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
READY: Final = "ready\n"

_attempts: list[str] = []


class NothingLeavesError(RuntimeError):
    """A command that is replayed wanted to reach the world outside."""


def main(context: str) -> int:
    """Serve orders until standard input ends."""
    set_up()
    from vortex.binding.replay import Effects, Order, replay

    shut()
    _tell(READY.encode())
    for line in sys.stdin.buffer:
        order = msgspec.json.decode(line, type=Order)
        _attempts.clear()
        effects: Effects = replay(context, order)
        left = msgspec.structs.replace(effects, attempts=sorted(set(_attempts)))
        _tell(msgspec.json.encode(left) + b"\n")
    return 0


def shut() -> None:
    """Refuse, from now until the process ends, whatever reaches beyond it."""
    sys.dont_write_bytecode = True
    sys.addaudithook(_refuse)


def _refuse(event: str, given: tuple[Any, ...]) -> None:
    if event in _SHUT or (event == "open" and _writes(*given)):
        _attempts.append(event)
        raise NothingLeavesError(event)


def _writes(path: Any, _mode: Any, flags: Any) -> bool:
    return not isinstance(path, int) and bool(int(flags or 0) & _WRITES)


def set_up() -> None:
    """Load the code of the context, cut off from broker and cache."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    os.environ["VORTEX_BROKER_URL"] = os.environ["VORTEX_CACHE_URL"] = "redis://127.0.0.1:1/0"
    os.environ["VORTEX_TOPOLOGY_FILE"] = ""  # its own context is here, the others are on tape
    import django

    django.setup()


def _tell(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
