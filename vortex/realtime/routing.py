"""The one address of the socket."""

from django.urls import path

from vortex.realtime.consumer import Socket

websocket_urlpatterns = [path("ws", Socket.as_asgi())]
