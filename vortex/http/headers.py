"""Names of headers that more than one module speaks of."""

from typing import Final

IDEMPOTENCY_KEY: Final = "Idempotency-Key"
IDEMPOTENCY_REPLAYED: Final = "Idempotency-Replayed"
IF_MATCH: Final = "If-Match"
# On a 503 that says that the data have another owner: what stands in front asks the new one.
CONTEXT_MOVED: Final = "X-Context-Moved"
# How many deployments have handed a request on, so that two that point at each other stop.
HOPS: Final = "X-Vortex-Hops"
# On a copy of a request: it is answered where it arrives, and its answer is dropped.
MIRRORED: Final = "X-Vortex-Mirrored"
# On a question that is put to a stand-by on purpose: it is answered where it arrives too, although
# another deployment owns the data.
ASIDE: Final = "X-Vortex-Aside"
