"""The application of the web server: sockets, what has moved, the posting lane, Django's HTTP.

Django's own ASGI handler runs each request in a thread and costs five times as much as WSGI does.
"""

import gc
import os
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

from config.wsgi import application as wsgi_application  # isort: skip - Django starts here

from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings

from vortex.binding.desk import Requests
from vortex.http.asgi import Application, HonestHeaders
from vortex.http.forwarding import Forwarder
from vortex.http.quick.reads import Reads
from vortex.http.quick.wire import Doors, Quick, WireProtocol
from vortex.http.wsgi import ThreadedWSGI
from vortex.realtime.routing import websocket_urlpatterns


class Protocol(WireProtocol):
    """How uvicorn is to speak HTTP/1.1 here: `--http=config.asgi:Protocol`.

    With its own protocols, and under any other ASGI server, everything is answered all the same;
    what is asked at rate costs more there.
    """


def _http() -> Application:
    django: Application = ThreadedWSGI(cast("Any", wsgi_application), threads=16)
    desk = Requests()
    Protocol.behind = staticmethod(HonestHeaders(Forwarder(django, desk=desk)))
    doors: list[Quick] = []
    if "transactions" in settings.VORTEX_HOSTED:
        from apps.transactions.api.reads import TRANSACTIONS
        from apps.transactions.lane.application import PostingLane

        django = lane = PostingLane(django)
        doors += [lane.door, Reads(TRANSACTIONS)]
    if "accounts" in settings.VORTEX_HOSTED:
        from apps.accounts.api.reads import ACCOUNTS, BALANCE

        doors.append(Reads(BALANCE, ACCOUNTS))
    Protocol.quick = Doors(*doors)
    return HonestHeaders(Forwarder(django, desk=desk))


application = ProtocolTypeRouter({"http": _http(), "websocket": URLRouter(websocket_urlpatterns)})

# What is here now stays: the collector need not look through all of Django again and again, which
# stops every request for a tenth of a second. It still looks at what requests leave behind.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 20)
