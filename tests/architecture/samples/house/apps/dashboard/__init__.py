"""The web client of the sample bank."""
