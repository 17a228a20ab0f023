"""What auth publishes: nothing."""
