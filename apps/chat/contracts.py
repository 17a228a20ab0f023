"""What chat publishes: nothing yet."""
