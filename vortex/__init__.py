"""The kernel: mechanism that every context stands on and every extracted service carries."""
