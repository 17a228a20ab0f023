"""A banking rule in the kernel."""
