"""Keep large sets of transfers, their items, and what was said of those not simply posted."""

import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("transactions", "0011_reviews"),
    ]

    operations = [
        migrations.CreateModel(
            name="BulkItem",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "job_id",
                        "line",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("job_id", models.UUIDField()),
                ("line", models.IntegerField()),
                ("posting_id", models.UUIDField()),
                ("source_account_id", models.UUIDField()),
                ("target_account_id", models.UUIDField()),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.TextField()),
                ("description", models.TextField()),
                ("counterparty", models.TextField()),
                ("reference", models.TextField()),
                ("category", models.TextField()),
                ("effective_date", models.DateField(null=True)),
            ],
            options={
                "db_table": "transactions_bulk_item",
            },
        ),
        migrations.CreateModel(
            name="BulkOutcome",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "job_id",
                        "line",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("job_id", models.UUIDField()),
                ("line", models.IntegerField()),
                ("code", models.TextField()),
                ("detail", models.TextField()),
            ],
            options={
                "db_table": "transactions_bulk_outcome",
            },
        ),
        migrations.CreateModel(
            name="BulkJob",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("owner_id", models.UUIDField()),
                ("key", models.TextField()),
                ("body_hash", models.BinaryField(default=b"")),
                ("state", models.TextField()),
                ("items", models.IntegerField(default=0)),
                ("done", models.IntegerField(default=0)),
                ("posted", models.IntegerField(default=0)),
                ("replayed", models.IntegerField(default=0)),
                ("refused", models.IntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "transactions_bulk_job",
                "indexes": [
                    models.Index(fields=["owner_id", "-id"], name="transactions_bulk_job_listed"),
                    models.Index(
                        condition=models.Q(("state__in", ("receiving", "queued", "running"))),
                        fields=["changed_at"],
                        name="transactions_bulk_job_waiting",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("finished_at__isnull", True),
                                ("state__in", ("receiving", "queued", "running")),
                            ),
                            models.Q(
                                ("finished_at__isnull", False),
                                ("state__in", ("completed", "cancelled")),
                            ),
                            _connector="OR",
                        ),
                        name="transactions_bulk_job_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("done__lte", models.F("items")),
                            (
                                "done",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("posted"), "+", models.F("refused")
                                ),
                            ),
                            ("replayed__lte", models.F("posted")),
                        ),
                        name="transactions_bulk_job_counts",
                    ),
                    models.UniqueConstraint(
                        fields=("owner_id", "key"), name="transactions_bulk_job_key"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("receiving", "queued", "running"))),
                        fields=("owner_id",),
                        name="transactions_bulk_job_once",
                    ),
                ],
            },
        ),
    ]
