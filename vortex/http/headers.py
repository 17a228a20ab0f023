"""Names of headers that more than one module speaks of."""

from typing import Final

IDEMPOTENCY_KEY: Final = "Idempotency-Key"
IDEMPOTENCY_REPLAYED: Final = "Idempotency-Replayed"
IF_MATCH: Final = "If-Match"
