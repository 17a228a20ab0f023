"""The programs of the bank, each a line: what is supervised beside PostgreSQL and Valkey."""

import os
import sys

from config.contexts import CONTEXTS, hosted, own_queue
from config.up.building import source_server
from config.up.options import Options
from config.up.preparation import ROOT
from vortex.embedded.process import Process
from vortex.embedded.supervisor import Program

QUEUES = ",".join((own_queue(), *(context.name for context in hosted())))
_CELERY = ("-m", "celery", "--app=config.celery:app")

# In the order they start: the web server is last in, first out. docker-compose.yml runs the same.
COMMANDS: dict[str, tuple[str, ...]] = {
    "relay": ("manage.py", "relay", "--skip-checks"),
    "consumers": ("manage.py", "consume", "--skip-checks"),
    "worker": (
        *_CELERY,
        "worker",
        "--pool=threads",
        "--concurrency=4",
        f"--queues={QUEUES}",
        "--without-gossip",
        "--without-mingle",
        "--loglevel=INFO",
    ),
    "beat": (*_CELERY, "beat", "--pidfile=", "--loglevel=INFO"),
    "web": (
        "-m",
        "uvicorn",
        "config.asgi:application",
        "--http=config.asgi:Protocol",
        "--lifespan=off",
        "--no-access-log",
        "--no-proxy-headers",
        "--timeout-graceful-shutdown=10",
    ),
}


def programs(options: Options) -> list[Program]:
    """Return the programs, with where they listen and where they keep their files."""
    places = {
        "web": (f"--host={options.host}", f"--port={options.port}"),
        "beat": (f"--schedule={options.home / 'run' / 'beat'}",),
        "worker": _worker_of_a_service(),
    }
    environment = _environment(options)
    source = [source_server(options, environment)] if options.dev else []
    return source + [
        Program(
            Process(name, options.home),
            (sys.executable, *command, *places.get(name, ())),
            environment,
            ROOT,
        )
        for name, command in COMMANDS.items()
    ]


def _worker_of_a_service() -> tuple[str, ...]:
    """Return what differs for the worker of some contexts: its queues, and a name of its own."""
    names = [context.name for context in hosted()]
    if len(names) == len(CONTEXTS):
        return ()
    queues = ",".join((f"kernel.{'.'.join(names)}", *names))
    return (f"--queues={queues}", f"--hostname={'.'.join(names)}@%h")


def _environment(options: Options) -> dict[str, str]:
    """Return ours, without what slows a start down: checks are for tests, compiling is for once."""
    environment = {n: v for n, v in os.environ.items() if n != "PYTHONDONTWRITEBYTECODE"}
    return {"DJANGO_SETTINGS_MODULE": "config.settings.local", **environment} | {
        "VORTEX_HOME": str(options.home),
        "PYTHONUNBUFFERED": "1",
        "CELERY_SKIP_CHECKS": "true",
    }
