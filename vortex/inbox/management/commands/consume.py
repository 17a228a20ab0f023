"""`manage.py consume`: let the contexts handle what they hear."""

import os
import signal
import socket
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from prometheus_client import start_http_server

from vortex.broker import broker
from vortex.ids import new_id
from vortex.inbox.worker import Worker


class Command(BaseCommand):
    """Consume until SIGTERM, which it obeys once the events that have begun are handled."""

    help = "Handle the events that contexts listen to."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the contexts, all hosted ones by default."""
        parser.add_argument("--context", nargs="+", choices=settings.VORTEX_HOSTED, default=())
        parser.add_argument("--once", action="store_true", help="handle what waits, then end")
        parser.add_argument(
            "--prepare", action="store_true", help="only make the groups known to the broker"
        )
        parser.add_argument(
            "--forget",
            nargs="+",
            metavar="GROUP_AND_TOPICS",
            help="give up what waits for a context that hears these topics no more",
        )
        parser.add_argument("--metrics-port", type=int, help="serve Prometheus metrics there")

    def handle(self, *_: Any, **options: Any) -> None:
        """Consume."""
        name = f"{socket.gethostname()}:{os.getpid()}:{new_id().hex[-8:]}"
        worker = Worker(options["context"] or settings.VORTEX_HOSTED, broker(), name=name)
        if options["forget"]:
            broker().forget(group=options["forget"][0], topics=options["forget"][1:])
            return
        if options["prepare"] or options["once"]:
            worker.prepare()
        if options["prepare"]:
            return
        if options["once"]:
            self.stdout.write(f"{worker.drain()} events came")
            return
        if options["metrics_port"]:
            start_http_server(options["metrics_port"])
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop())
        worker.run()
