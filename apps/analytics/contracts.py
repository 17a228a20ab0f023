"""What analytics publishes: nothing yet."""
