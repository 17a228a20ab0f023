"""Databases, roles and migrations of a deployment with a PostgreSQL of its own: run it first.

`python -m config.up.initialize` takes everything from the environment, and a second run changes
nothing. Without VORTEX_ADMIN_DATABASE_URL the databases and roles are taken to exist.
"""

import os
import sys
from urllib.parse import unquote, urlsplit

from config.contexts import hosted
from config.up.migrate import migrate
from vortex.embedded.provision import provision


def main() -> None:
    """Provision where a superuser's URL is given, and migrate as the contexts' roles."""
    admin_url = os.environ.get("VORTEX_ADMIN_DATABASE_URL", "")
    if admin_url:
        created = provision(admin_url, hosted(), lambda role: passwords()[role])
        sys.stdout.write(f"{len(created)} databases created\n")
    migrate()


def passwords() -> dict[str, str]:
    """Return the password of each role, as the contexts' own URLs carry it."""
    urls = {context.role: os.environ.get(context.database_variable, "") for context in hosted()}
    return {role: unquote(urlsplit(url).password or "") for role, url in urls.items()}


if __name__ == "__main__":
    main()
