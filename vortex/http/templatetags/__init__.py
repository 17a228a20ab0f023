"""Tags of the kernel's own pages."""
