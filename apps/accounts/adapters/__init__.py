"""The world outside accounts."""
