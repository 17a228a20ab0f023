"""Nothing is served."""
