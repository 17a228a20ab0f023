"""Settings: base for everyone, then local, test or production."""
