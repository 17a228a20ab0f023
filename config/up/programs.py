"""The programs of the bank, each a line: what is supervised beside PostgreSQL and Valkey."""

import os
import sys

from config.contexts import CONTEXTS
from config.up.options import Options
from config.up.preparation import ROOT
from vortex.embedded.process import Process
from vortex.embedded.supervisor import Program

_CELERY = ("-m", "celery", "--app", "config.celery:app")


def programs(options: Options) -> list[Program]:
    """Return the programs in the order they start; the web server is last in and first out."""
    queues = ",".join(("kernel", *(context.name for context in CONTEXTS)))
    return [
        _program(options, "relay", "manage.py", "relay"),
        _program(options, "consumers", "manage.py", "consume"),
        _program(
            options,
            "worker",
            *_CELERY,
            "worker",
            "--pool=threads",
            "--concurrency=4",
            f"--queues={queues}",
            "--without-gossip",
            "--without-mingle",
            "--loglevel=INFO",
        ),
        _program(
            options,
            "beat",
            *_CELERY,
            "beat",
            f"--schedule={options.home / 'run' / 'beat'}",
            "--pidfile=",
            "--loglevel=INFO",
        ),
        _program(
            options,
            "web",
            "-m",
            "uvicorn",
            "config.asgi:application",
            f"--host={options.host}",
            f"--port={options.port}",
            "--lifespan=off",
            "--no-access-log",
            "--timeout-graceful-shutdown=10",
        ),
    ]


def _program(options: Options, name: str, *arguments: str) -> Program:
    environment = os.environ | {"VORTEX_HOME": str(options.home), "PYTHONUNBUFFERED": "1"}
    environment.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    process = Process(name, options.home)
    return Program(process, (sys.executable, *arguments), environment, ROOT)
