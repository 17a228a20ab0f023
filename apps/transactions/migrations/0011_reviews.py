"""Keep transactions that the bank looks at before they are made, and those that it denied."""

import django.contrib.postgres.fields
from django.db import migrations, models

_STATES = (
    models.Q(state="open", decided_at__isnull=True)
    | models.Q(state__in=["approved", "rejected"], decided_by__isnull=False)
    | models.Q(state__in=["lapsed", "denied"], decided_at__isnull=False)
)


class Migration(migrations.Migration):
    dependencies = [
        ("transactions", "0010_rules"),
    ]

    operations = [
        migrations.CreateModel(
            name="Review",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("user_id", models.UUIDField()),
                ("owner_id", models.UUIDField(null=True)),
                ("account_id", models.UUIDField()),
                ("target_account_id", models.UUIDField()),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.TextField()),
                ("description", models.TextField()),
                ("state", models.TextField()),
                (
                    "reasons",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), size=None
                    ),
                ),
                ("is_pending", models.BooleanField()),
                ("asked_at", models.DateTimeField()),
                ("first_approved_by", models.UUIDField(null=True)),
                ("decided_by", models.UUIDField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("words", models.TextField(db_default="", default="")),
            ],
            options={
                "db_table": "transactions_review",
                "indexes": [
                    models.Index(
                        fields=["state", "asked_at", "id"], name="transactions_review_listed"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(condition=_STATES, name="transactions_review_state")
                ],
            },
        ),
    ]
