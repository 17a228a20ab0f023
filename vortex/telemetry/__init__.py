"""What can be known about the bank while it runs: request context, logs, metrics, traces."""
