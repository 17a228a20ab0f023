"""Standing in for another context: a fake that keeps the contract, under the same binding."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from vortex.contracts import Service, replace_implementation

S = TypeVar("S", bound=Service)


@contextmanager
def stub(interface: type[S], fake: S) -> Iterator[S]:
    """Serve an interface by a fake while the block runs; calls still go by value through bind()."""
    former = replace_implementation(interface, fake)
    try:
        yield fake
    finally:
        replace_implementation(interface, former)
