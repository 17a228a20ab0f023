"""Add a column to a table that is being copied."""

import os
import pkgutil
from typing import ClassVar

from django.db import migrations

from config.contexts import context
from tests.topologies.late.migrations import KNOWN

_LAST = max(found.name for found in pkgutil.iter_modules(KNOWN) if found.name[0].isdigit())


class Migration(migrations.Migration):
    dependencies: ClassVar = [(context(os.environ["LATE"]).label, _LAST)]

    operations: ClassVar = [
        migrations.RunSQL(
            "alter table idempotency_key add column late text",
            "alter table idempotency_key drop column late",
        )
    ]
