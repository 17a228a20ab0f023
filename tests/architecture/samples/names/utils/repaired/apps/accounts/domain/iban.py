"""Account numbers."""
