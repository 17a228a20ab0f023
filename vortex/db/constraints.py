"""A broken constraint as a named refusal."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db import IntegrityError

from vortex.errors import Refusal


@contextmanager
def refusing(refusals: Mapping[str, type[Refusal]]) -> Iterator[None]:
    """Turn the breach of a named constraint into a refusal; any other breach is a bug and passes.

    Put it around the whole unit of work: PostgreSQL has aborted the transaction by then.
    """
    try:
        yield
    except IntegrityError as error:
        diagnostics = getattr(error.__cause__, "diag", None)
        name = getattr(diagnostics, "constraint_name", None)
        if name is not None and name in refusals:
            raise refusals[name]() from error
        raise
