"""Keep pots, the change that goes into them, and monitors."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_linking"),
    ]

    operations = [
        migrations.CreateModel(
            name="Monitor",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("account_id", models.UUIDField()),
                ("kind", models.CharField(max_length=16)),
                ("amount_minor", models.BigIntegerField()),
                ("is_crossed", models.BooleanField()),
                ("version", models.BigIntegerField()),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "db_table": "accounts_monitor",
                "indexes": [models.Index(fields=["account_id"], name="accounts_monitor_account")],
            },
        ),
        migrations.CreateModel(
            name="Pot",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("account_id", models.UUIDField()),
                ("name", models.CharField(max_length=64)),
                ("goal_minor", models.BigIntegerField(null=True)),
                ("goal_date", models.DateField(null=True)),
                ("round_up_minor", models.BigIntegerField(default=0)),
                ("opened_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                ("version", models.PositiveIntegerField(default=1)),
            ],
            options={
                "db_table": "accounts_pot",
                "indexes": [models.Index(fields=["account_id"], name="accounts_pot_account")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closed_at__isnull", True), ("round_up_minor__gt", 0)),
                        fields=("account_id",),
                        name="accounts_pot_one_round_up",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("round_up_minor__gte", 0),
                            models.Q(("goal_minor", None), ("goal_minor__gt", 0), _connector="OR"),
                        ),
                        name="accounts_pot_amounts",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RoundUp",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("pot_id", models.UUIDField()),
                ("payment_id", models.UUIDField()),
                ("amount_minor", models.BigIntegerField()),
                ("heard_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("refused_with", models.CharField(blank=True, default="", max_length=64)),
            ],
            options={
                "db_table": "accounts_round_up",
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=["heard_at"],
                        name="accounts_round_up_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("pot_id", "payment_id"), name="accounts_round_up_once"
                    )
                ],
            },
        ),
    ]
