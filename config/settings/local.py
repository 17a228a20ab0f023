"""Settings of a laptop: what the environment does not say comes from the embedded servers."""

import os

from vortex.embedded.endpoints import load

for _name, _value in load().items():
    os.environ.setdefault(_name, _value)

from config.settings.base import *  # noqa: E402, F403

VORTEX_SHOWS_MAILBOX = True
DEBUG = os.environ.get("VORTEX_DEBUG", "") == "1"
