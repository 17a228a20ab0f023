"""HTTP as every context speaks it: problems, pages, idempotency, rate limits, OpenAPI, health."""
