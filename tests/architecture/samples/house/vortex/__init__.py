"""The kernel of the sample bank."""
