"""What ai publishes: nothing yet."""
