"""Keep statements on their way in, and accounts at other banks beside the bank's own."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("transactions", "0006_chain"),
    ]

    operations = [
        migrations.CreateModel(
            name="StoredFile",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("sha256", models.BinaryField()),
                ("size_bytes", models.BigIntegerField()),
                ("content", models.BinaryField()),
                ("stored_at", models.DateTimeField()),
            ],
            options={
                "db_table": "transactions_file",
            },
        ),
        migrations.CreateModel(
            name="ImportRow",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "import_id",
                        "line",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("import_id", models.UUIDField()),
                ("line", models.IntegerField()),
                ("booked_date", models.DateField(null=True)),
                ("amount_minor", models.BigIntegerField(default=0)),
                ("description", models.TextField(default="")),
                ("counterparty", models.TextField(default="")),
                ("occurrence", models.IntegerField(default=0)),
                ("status", models.TextField()),
                ("reason", models.TextField(default="")),
                ("posting_id", models.UUIDField(null=True)),
            ],
            options={
                "db_table": "transactions_import_row",
                "indexes": [
                    models.Index(
                        fields=["import_id", "status", "line"], name="transactions_import_row_next"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                ("new", "duplicate", "invalid", "excluded", "posted", "refused"),
                            )
                        ),
                        name="transactions_import_row_status",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="StatementImport",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("owner_id", models.UUIDField()),
                ("account_id", models.UUIDField()),
                ("file_id", models.UUIDField()),
                ("filename", models.TextField()),
                ("currency", models.TextField()),
                ("format", models.TextField(default="")),
                ("hints", models.JSONField(default=dict)),
                ("revision", models.IntegerField(default=1)),
                ("state", models.TextField()),
                ("problem", models.TextField(default="")),
                ("notes", models.JSONField(default=list)),
                ("sample", models.JSONField(default=list)),
                ("opening_minor", models.BigIntegerField(default=0)),
                ("fresh_rows", models.IntegerField(default=0)),
                ("duplicate_rows", models.IntegerField(default=0)),
                ("invalid_rows", models.IntegerField(default=0)),
                ("excluded_rows", models.IntegerField(default=0)),
                ("posted_rows", models.IntegerField(default=0)),
                ("refused_rows", models.IntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "db_table": "transactions_import",
                "indexes": [
                    models.Index(fields=["owner_id", "-id"], name="transactions_import_listed"),
                    models.Index(
                        condition=models.Q(("state__in", ("reading", "publishing"))),
                        fields=["changed_at"],
                        name="transactions_import_waiting",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                (
                                    "reading",
                                    "needs_mapping",
                                    "failed",
                                    "ready",
                                    "publishing",
                                    "published",
                                    "cancelled",
                                ),
                            )
                        ),
                        name="transactions_import_state",
                    )
                ],
            },
        ),
        migrations.RunSQL(
            (SQL / "0007_external.sql").read_text(), (SQL / "0007_external_gone.sql").read_text()
        ),
    ]
