"""One port for everything: sockets go to Channels, every other request to Django's WSGI application."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

from config.wsgi import application as wsgi_application  # isort: skip - Django starts here

from a2wsgi import WSGIMiddleware
from channels.routing import ProtocolTypeRouter, URLRouter

from vortex.http.asgi import HonestHeaders
from vortex.realtime.routing import websocket_urlpatterns

application = ProtocolTypeRouter(
    {
        "http": HonestHeaders(WSGIMiddleware(wsgi_application, workers=16)),
        "websocket": URLRouter(websocket_urlpatterns),
    }
)
