"""What accounts publishes: nothing."""
