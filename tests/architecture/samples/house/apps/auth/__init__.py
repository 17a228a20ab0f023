"""The auth of the sample bank."""
