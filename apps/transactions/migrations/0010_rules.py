"""Keep rules, how far they have come through the past, and pairs of transfers."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("transactions", "0009_papers"),
    ]

    operations = [
        migrations.CreateModel(
            name="Rule",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("owner_id", models.UUIDField()),
                ("name", models.TextField()),
                ("position", models.IntegerField()),
                ("is_enabled", models.BooleanField()),
                ("match", models.TextField()),
                ("conditions", models.JSONField()),
                ("category", models.TextField(default="")),
                ("tags", models.JSONField(default=list)),
                ("note", models.TextField(default="")),
                ("stops", models.BooleanField()),
                ("version", models.IntegerField(default=1)),
                ("created_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "db_table": "transactions_rule",
                "indexes": [
                    models.Index(
                        fields=["owner_id", "position", "id"], name="transactions_rule_order"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("match__in", ("all", "any"))),
                        name="transactions_rule_match",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RuleRun",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("owner_id", models.UUIDField()),
                ("rule_id", models.UUIDField()),
                ("state", models.TextField()),
                ("after_at", models.DateTimeField(null=True)),
                ("after_id", models.UUIDField(null=True)),
                ("seen", models.IntegerField(default=0)),
                ("matched", models.IntegerField(default=0)),
                ("filed", models.IntegerField(default=0)),
                ("started_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "db_table": "transactions_rule_run",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "running")),
                        fields=["changed_at"],
                        name="transactions_rule_run_waiting",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ("running", "done", "stopped"))),
                        name="transactions_rule_run_state",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "running")),
                        fields=("rule_id",),
                        name="transactions_rule_run_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TransferPair",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("owner_id", models.UUIDField()),
                ("out_posting_id", models.UUIDField()),
                ("in_posting_id", models.UUIDField()),
                ("out_account_id", models.UUIDField()),
                ("in_account_id", models.UUIDField()),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.TextField()),
                ("out_date", models.DateField()),
                ("in_date", models.DateField()),
                ("state", models.TextField()),
                ("suggested_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "transactions_transfer_pair",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ("suggested", "confirmed", "rejected"))),
                        name="transactions_transfer_pair_state",
                    ),
                    models.UniqueConstraint(
                        fields=("owner_id", "out_posting_id", "in_posting_id"),
                        name="transactions_transfer_pair_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "confirmed")),
                        fields=("owner_id", "out_posting_id"),
                        name="transactions_transfer_pair_out",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "confirmed")),
                        fields=("owner_id", "in_posting_id"),
                        name="transactions_transfer_pair_in",
                    ),
                ],
            },
        ),
    ]
