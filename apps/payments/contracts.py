"""What payments publishes: nothing yet."""
