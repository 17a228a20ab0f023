"""`manage.py relay`: hand what the contexts have published to the broker."""

import signal
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from prometheus_client import start_http_server

from vortex.broker import broker
from vortex.outbox.relay import Relay


class Command(BaseCommand):
    """Run the relay until SIGTERM, which it obeys once the rounds that have begun are done."""

    help = "Deliver published events to the broker."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the contexts, all hosted ones by default."""
        parser.add_argument("--context", nargs="+", choices=settings.VORTEX_HOSTED, default=())
        parser.add_argument("--once", action="store_true", help="deliver what waits, then end")
        parser.add_argument("--metrics-port", type=int, help="serve Prometheus metrics there")

    def handle(self, *_: Any, **options: Any) -> None:
        """Deliver."""
        relay = Relay(options["context"] or settings.VORTEX_HOSTED, broker())
        if options["once"]:
            self.stdout.write(f"{relay.drain()} events left the outbox")
            return
        if options["metrics_port"]:
            start_http_server(options["metrics_port"])
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: relay.stop())
        relay.run()
