"""Cut entries by the month in which they are booked; the SQL is in ../sql."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("transactions", "0012_bulk")]

    operations = [
        migrations.RunSQL(
            (SQL / "0013_months.sql").read_text(), (SQL / "0013_months_gone.sql").read_text()
        ),
    ]
