"""What notifications publishes: nothing yet."""
