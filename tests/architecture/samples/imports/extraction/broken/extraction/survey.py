"""Seams."""

from apps.payments import contracts
