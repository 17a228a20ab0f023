"""Set money aside, and count what of a posting has been undone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("transactions", "0002_engine")]

    operations = [
        migrations.CreateModel(
            name="Hold",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("content_hash", models.BinaryField()),
                ("account_id", models.UUIDField()),
                ("amount_minor", models.BigIntegerField()),
                ("settled_minor", models.BigIntegerField(default=0)),
                ("currency", models.TextField()),
                ("state", models.TextField()),
                ("reason", models.TextField()),
                ("placed_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                ("posting_id", models.UUIDField(null=True)),
                ("target_account_id", models.UUIDField(null=True)),
                ("description", models.TextField()),
                ("category", models.TextField()),
                ("counterparty", models.TextField()),
                ("reference", models.TextField()),
                ("effective_date", models.DateField(null=True)),
                ("actor_id", models.UUIDField(null=True)),
            ],
            options={
                "db_table": "transactions_hold",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "placed")),
                        fields=["expires_at"],
                        name="transactions_hold_due",
                    ),
                    models.Index(
                        fields=["account_id", "-placed_at", "-id"], name="transactions_hold_listed"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gt", 0)), name="transactions_hold_amount"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("settled_minor__gte", 0),
                            ("settled_minor__lte", models.F("amount_minor")),
                        ),
                        name="transactions_hold_settled",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("closed_at__isnull", True),
                                ("settled_minor", 0),
                                ("state", "placed"),
                            ),
                            models.Q(
                                ("closed_at__isnull", False),
                                ("posting_id__isnull", False),
                                ("state", "settled"),
                            ),
                            models.Q(
                                ("closed_at__isnull", False),
                                ("settled_minor", 0),
                                ("state__in", ["released", "expired"]),
                            ),
                            _connector="OR",
                        ),
                        name="transactions_hold_state",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PartialReversal",
            fields=[
                ("posting_id", models.UUIDField(primary_key=True, serialize=False)),
                ("original_id", models.UUIDField(db_index=True)),
                ("amount_minor", models.BigIntegerField()),
                ("asked_minor", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "transactions_partial_reversal",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gt", 0)),
                        name="transactions_partial_reversal_amount",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Undone",
            fields=[
                ("original_id", models.UUIDField(primary_key=True, serialize=False)),
                ("total_minor", models.BigIntegerField()),
                ("undone_minor", models.BigIntegerField()),
            ],
            options={
                "db_table": "transactions_undone",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("undone_minor__gte", 0), ("undone_minor__lte", models.F("total_minor"))
                        ),
                        name="transactions_undone_within",
                    )
                ],
            },
        ),
    ]
