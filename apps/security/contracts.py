"""What security publishes: nothing yet."""
