"""`manage.py parked`: see the keys that wait for a person, and let them go on."""

import getpass
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from vortex.broker.parking import Desk, desk, desks
from vortex.errors import Refusal


class Command(BaseCommand):
    """Look after parked keys: the outbox has what brokers refused, the inbox what handlers did."""

    help = "List, show, retry, skip or edit parked keys."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the verb and the key it is about."""
        names = [known.name for known in desks()]
        verbs = parser.add_subparsers(dest="verb", required=True)
        listing = verbs.add_parser("list")
        listing.add_argument("--context", choices=settings.VORTEX_HOSTED)
        for verb in ("show", "retry", "skip", "edit"):
            about = verbs.add_parser(verb)
            about.add_argument("--at", required=True, choices=names)
            about.add_argument("--context", required=True, choices=settings.VORTEX_HOSTED)
            about.add_argument("--topic", required=True)
            about.add_argument("--key", required=True)
            if verb == "edit":
                about.add_argument("--payload", required=True, type=Path, help="a file of JSON")

    def handle(self, *_: Any, **options: Any) -> None:
        """Do it, or say why not."""
        verbs: dict[str, Callable[[dict[str, Any]], None]] = {
            "list": self._list,
            "show": self._show,
            "retry": self._retry,
            "skip": self._skip,
            "edit": self._edit,
        }
        try:
            verbs[options["verb"]](options)
        except Refusal as refusal:
            raise CommandError(refusal.detail) from refusal

    def _list(self, options: dict[str, Any]) -> None:
        contexts = [options["context"]] if options["context"] else settings.VORTEX_HOSTED
        found = [key for d in desks() for context in contexts for key in d.keys(context)]
        for key in found:
            self.stdout.write(
                f"{key.desk} {key.context} {key.topic} {key.key}: {key.messages} since"
                f" {key.since:%Y-%m-%d %H:%M:%S}Z, {key.type} {key.event_id}: {key.reason}"
            )
        if not found:
            self.stdout.write("nothing is parked")

    def _show(self, options: dict[str, Any]) -> None:
        for message in _desk(options).messages(options["context"], **_key(options)):
            self.stdout.write(f"{message.event_id} {message.type} {message.reason}".rstrip())
            self.stdout.write(f"  {message.payload}")

    def _retry(self, options: dict[str, Any]) -> None:
        moved = _desk(options).retry(options["context"], **_key(options), by=_who())
        self.stdout.write(f"{moved} messages go on")

    def _skip(self, options: dict[str, Any]) -> None:
        lost = _desk(options).skip(options["context"], **_key(options), by=_who())
        self.stdout.write(f"gave {lost} up; the rest goes on")

    def _edit(self, options: dict[str, Any]) -> None:
        payload = options["payload"].read_bytes()
        _desk(options).edit(options["context"], **_key(options), payload=payload, by=_who())
        self.stdout.write("edited; retry it to go on")


def _desk(options: dict[str, Any]) -> Desk:
    return desk(options["at"])


def _key(options: dict[str, Any]) -> dict[str, str]:
    return {"topic": options["topic"], "key": options["key"]}


def _who() -> str:
    return f"command:{getpass.getuser()}"
