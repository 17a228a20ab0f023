"""Let one statement claim keys, post and remember the answers; see ../sql/0014_serve.sql."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"


def _before() -> str:
    """Return the functions as they were: the second and the third of 0002_engine.sql."""
    engine = (SQL / "0002_engine.sql").read_text()
    drop = (
        "drop function transactions_serve, transactions_entry_said, transactions_post,"
        " transactions_tell, transactions_leg;\n"
    )
    return drop + engine[engine.index("-- Puts transaction.posted") :]


class Migration(migrations.Migration):
    dependencies = [
        ("transactions", "0013_months"),
        ("idempotency", "0002_many"),
        ("topology", "0001_initial"),
    ]

    operations = [migrations.RunSQL((SQL / "0014_serve.sql").read_text(), _before())]
