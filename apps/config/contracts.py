"""What config publishes: nothing yet."""
