"""Make the tamper-evident chain over postings; its head is there before its first link."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("transactions", "0005_filing"),
    ]

    operations = [
        migrations.CreateModel(
            name="ChainHead",
            fields=[
                ("id", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField()),
                ("hash", models.BinaryField()),
            ],
            options={
                "db_table": "transactions_chain_head",
            },
        ),
        migrations.CreateModel(
            name="ChainLink",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("posting_id", models.UUIDField(unique=True)),
                ("hash", models.BinaryField()),
                ("chained_at", models.DateTimeField()),
            ],
            options={
                "db_table": "transactions_chain_link",
            },
        ),
        migrations.RunSQL(
            (SQL / "0006_chain.sql").read_text(), "delete from transactions_chain_head"
        ),
    ]
