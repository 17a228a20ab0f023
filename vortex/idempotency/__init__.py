"""One effect per key of a caller: the answer is remembered in the transaction of the effect.

    with remembered("payments", caller=caller, key=key, request_hash=fingerprint(...)) as slot:
        if slot.answer is not None:
            return replay(slot.answer)
        account = accounts.read_account(account_id=...)   # other contexts: before it
        with unit_of_work("payments"):
            payment = create_payment(payment_id=slot.derive("payment"), ...)
            slot.record(Answer(status=201, headers={}, body=encode(payment)))
        return ...

- The same key with another request is refused: IdempotencyKeyReused.
- The same key while the first request runs is refused: RequestInProgress; `retry_after` seconds.
- A crash before the commit leaves nothing behind: the retry runs as if it were the first. What the
  first attempt did in other contexts carries ids from `slot.derive`, which are the same again, so
  their idempotent commands absorb the repetition.
- "In progress" is a session-level advisory lock of the context's database and no row: it cannot
  outlive its process. It only makes the refusal polite. What forbids a second effect is the primary
  key (caller, key) in the effect's own transaction.
- `slot.record_apart` is for answers that can only be rendered after the commit. A crash in between
  runs the request again, so it is right only where every effect's id came from `slot.derive`.
- Answers are kept for three days (`idempotency.prune`), never less than 24 hours.

The lock belongs to a database session: a pooler in front of PostgreSQL must pool sessions.
"""

from vortex.idempotency.slots import (
    Answer,
    IdempotencyKeyReused,
    RequestInProgress,
    Slot,
    fingerprint,
    remembered,
)

__all__ = [
    "Answer",
    "IdempotencyKeyReused",
    "RequestInProgress",
    "Slot",
    "fingerprint",
    "remembered",
]
