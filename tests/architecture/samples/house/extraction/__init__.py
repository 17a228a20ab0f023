"""Nothing to lift out yet."""
