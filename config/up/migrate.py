"""Brings every context's database up to date, in one process."""

import os
import sys

import django


def migrate() -> None:
    """Migrate all databases that this process hosts, and say the name of each."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    for alias in settings.DATABASES:
        sys.stdout.write(f"  {settings.DATABASES[alias]['NAME']}\n")
        sys.stdout.flush()
        call_command("migrate", database=alias, interactive=False, verbosity=0)


def announce_consumers() -> None:
    """Make every consumer group known to the broker, which keeps what they have yet to read."""
    from django.core.management import call_command

    call_command("consume", prepare=True)


if __name__ == "__main__":
    migrate()
    announce_consumers()
