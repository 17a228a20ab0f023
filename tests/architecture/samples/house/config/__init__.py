"""The composition root of the sample bank."""
