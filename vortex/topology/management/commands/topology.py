"""`manage.py topology`: see where contexts run, and switch single operations off and on."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from vortex.contracts import interfaces, operations
from vortex.telemetry.logs import get_logger
from vortex.topology.routes import Topology, current_topology, forget, write_topology

log = get_logger()


class Command(BaseCommand):
    """Show the topology, or kill and revive one operation; it is in force at once everywhere."""

    help = "Show where contexts run; kill or revive one operation such as transactions.Ledger.post."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the words of the command."""
        parser.add_argument("action", choices=("show", "kill", "revive"), nargs="?", default="show")
        parser.add_argument("operation", nargs="?", default="")

    def handle(self, *_: Any, action: str, operation: str, **__: Any) -> None:
        """Do what the action says."""
        forget()
        topology = current_topology()
        if action == "show":
            self._show(topology)
            return
        known = {op.path for interface in interfaces() for op in operations(interface)}
        if operation not in known:
            raise CommandError(
                f"{operation!r} is none of the operations: {', '.join(sorted(known))}"
            )
        switched_off = set(topology.killed)
        (switched_off.add if action == "kill" else switched_off.discard)(operation)
        write_topology(Topology(topology.contexts, tuple(sorted(switched_off))))
        log.warning("topology.operation.switched", action=action, operation=operation)
        self.stdout.write(f"{operation}: {'off' if action == 'kill' else 'on'}")

    def _show(self, topology: Topology) -> None:
        for context in settings.VORTEX_CONTEXTS:
            route = topology.contexts.get(context.name)
            here = "here" if context.name in settings.VORTEX_HOSTED else "not hosted"
            where = f"{route.mode} {route.url} {route.percent}%" if route else here
            self.stdout.write(f"{context.name:<14}{where}")
        for path in topology.killed:
            self.stdout.write(f"switched off  {path}")
