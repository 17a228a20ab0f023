"""Brings every context's database and the static files up to date, in one process."""

import os
import sys

import django


def main() -> None:
    """Migrate all databases that this process hosts, one line each, then collect static files."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    for alias in settings.DATABASES:
        sys.stdout.write(f"  {settings.DATABASES[alias]['NAME']}\n")
        sys.stdout.flush()
        call_command("migrate", database=alias, interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


if __name__ == "__main__":
    main()
