"""Commands that know every context."""
