"""Ports: which are free, who has one that is not, and which one a server keeps."""

import socket
import zlib
from collections.abc import Iterator
from pathlib import Path

import psutil

LOCALHOST = "127.0.0.1"
# Below the range that operating systems take outgoing ports from.
_FIRST, _COUNT = 20_000, 10_000


def is_free(port: int, host: str = LOCALHOST) -> bool:
    """Return whether a server could listen on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except OSError:
            return False
    return True


def candidates(directory: Path) -> Iterator[int]:
    """Yield free ports, starting at one that a given directory always starts at."""
    start = zlib.crc32(str(directory).encode()) % _COUNT
    for step in range(_COUNT):
        port = _FIRST + (start + step) % _COUNT
        if is_free(port):
            yield port


def holder(port: int) -> str:
    """Return who listens on the port, as `name (pid 12)`, or nothing where that is hidden."""
    try:
        listening = psutil.net_connections(kind="tcp")
    except (psutil.AccessDenied, OSError):
        return ""
    for connection in listening:
        if connection.status != psutil.CONN_LISTEN or connection.laddr[1:2] != (port,):
            continue
        if connection.pid is None:
            return ""
        try:
            return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
        except psutil.Error:
            return f"pid {connection.pid}"
    return ""
