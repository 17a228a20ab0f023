"""Wiring of the socket; it keeps no tables."""

from django.apps import AppConfig


class RealtimeConfig(AppConfig):
    """The socket, its tickets and its streams, all of them in Valkey."""

    name = "vortex.realtime"
    label = "realtime"
