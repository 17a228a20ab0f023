"""The migrations of the context that LATE names, and one more."""

import os
from importlib import import_module

KNOWN = import_module(f"apps.{os.environ['LATE']}.migrations").__path__
__path__ = [*KNOWN, *__path__]
