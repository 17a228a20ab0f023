"""The bank's settings, with one migration more: LATE names the context that has it."""

import os

from config.contexts import context
from config.settings.local import *  # noqa: F403

MIGRATION_MODULES = {context(os.environ["LATE"]).label: "tests.topologies.late.migrations"}
