"""Addresses."""

from config.settings import DEBUG
