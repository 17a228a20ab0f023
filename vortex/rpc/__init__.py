"""The wire between services: one address per operation, signed calls, deadlines, few retries."""
