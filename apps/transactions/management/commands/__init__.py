"""Commands of the transactions context."""
