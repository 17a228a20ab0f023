"""Make the ledger's tables with their laws; the SQL is in ../sql."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).resolve().parent.parent / "sql"

BACKWARD = """
drop table transactions_annotation, transactions_entry, transactions_reversal,
  transactions_posting, transactions_account;
drop function transactions_refuse_change, transactions_check_balanced;
"""

STATE = [
    migrations.CreateModel(
        name="Account",
        fields=[
            ("id", models.UUIDField(primary_key=True, serialize=False)),
            ("owner_id", models.UUIDField(null=True)),
            ("currency", models.TextField()),
            ("kind", models.TextField()),
            ("name", models.TextField()),
            ("overdraft_minor", models.BigIntegerField(default=0)),
            ("booked_minor", models.BigIntegerField(default=0)),
            ("held_minor", models.BigIntegerField(default=0)),
            ("version", models.BigIntegerField(default=0)),
            ("debits_frozen", models.BooleanField(default=False)),
            ("credits_frozen", models.BooleanField(default=False)),
            ("opened_at", models.DateTimeField()),
            ("closed_at", models.DateTimeField(null=True)),
        ],
        options={"db_table": "transactions_account", "verbose_name": "ledger account"},
    ),
    migrations.CreateModel(
        name="Posting",
        fields=[
            ("id", models.UUIDField(primary_key=True, serialize=False)),
            ("content_hash", models.BinaryField()),
            ("kind", models.TextField()),
            ("description", models.TextField()),
            ("category", models.TextField()),
            ("counterparty", models.TextField()),
            ("reference", models.TextField()),
            ("booked_at", models.DateTimeField()),
            ("effective_date", models.DateField()),
            ("actor_id", models.UUIDField(null=True)),
            ("reverses_id", models.UUIDField(null=True)),
        ],
        options={"db_table": "transactions_posting"},
    ),
    migrations.CreateModel(
        name="Reversal",
        fields=[
            ("original_id", models.UUIDField(primary_key=True, serialize=False)),
            ("posting_id", models.UUIDField(unique=True)),
        ],
        options={"db_table": "transactions_reversal"},
    ),
    migrations.CreateModel(
        name="Entry",
        fields=[
            (
                "pk",
                models.CompositePrimaryKey(
                    "account_id",
                    "version",
                    blank=True,
                    editable=False,
                    primary_key=True,
                    serialize=False,
                ),
            ),
            ("account_id", models.UUIDField()),
            ("version", models.BigIntegerField()),
            ("posting_id", models.UUIDField()),
            ("amount_minor", models.BigIntegerField()),
            ("currency", models.TextField()),
            ("balance_after_minor", models.BigIntegerField()),
            ("booked_at", models.DateTimeField()),
        ],
        options={"db_table": "transactions_entry", "verbose_name_plural": "entries"},
    ),
    migrations.CreateModel(
        name="Annotation",
        fields=[
            (
                "pk",
                models.CompositePrimaryKey(
                    "owner_id",
                    "posting_id",
                    blank=True,
                    editable=False,
                    primary_key=True,
                    serialize=False,
                ),
            ),
            ("owner_id", models.UUIDField()),
            ("posting_id", models.UUIDField()),
            ("category", models.TextField()),
            ("changed_at", models.DateTimeField()),
        ],
        options={"db_table": "transactions_annotation"},
    ),
]


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []

    operations = [
        migrations.RunSQL((SQL / "0001_schema.sql").read_text(), BACKWARD, state_operations=STATE),
    ]
