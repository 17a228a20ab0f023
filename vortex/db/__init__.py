"""Transactions on a context's own database: one way in, through the fence."""

from vortex.db.aliases import alias_of
from vortex.db.constraints import refusing
from vortex.db.locks import lock_in_order
from vortex.db.work import (
    CallInsideTransactionError,
    Moved,
    after_commit,
    current_context,
    in_unit_of_work,
    keep_copies_out,
    needs_transaction,
    one_statement,
    owned_elsewhere,
    owns,
    unit_of_work,
)

__all__ = [
    "CallInsideTransactionError",
    "Moved",
    "after_commit",
    "alias_of",
    "current_context",
    "in_unit_of_work",
    "keep_copies_out",
    "lock_in_order",
    "needs_transaction",
    "one_statement",
    "owned_elsewhere",
    "owns",
    "refusing",
    "unit_of_work",
]
