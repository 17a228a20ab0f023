"""The accounts of the sample bank."""
