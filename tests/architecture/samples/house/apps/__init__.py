"""The contexts of the sample bank."""
