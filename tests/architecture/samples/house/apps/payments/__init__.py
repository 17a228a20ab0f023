"""The payments of the sample bank."""
