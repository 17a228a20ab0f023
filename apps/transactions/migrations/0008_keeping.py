"""Keep limits of spending and mandates; find what is set aside for an account."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("transactions", "0007_imports"),
    ]

    operations = [
        migrations.CreateModel(
            name="Limit",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("account_id", models.UUIDField()),
                ("spender_id", models.UUIDField(null=True)),
                ("period", models.TextField()),
                ("channel", models.TextField()),
                ("amount_minor", models.BigIntegerField()),
                ("next_minor", models.BigIntegerField(null=True)),
                ("next_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "transactions_limit",
            },
        ),
        migrations.CreateModel(
            name="Mandate",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "user_id",
                        "account_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("user_id", models.UUIDField()),
                ("account_id", models.UUIDField()),
                ("may_pay", models.BooleanField()),
            ],
            options={
                "db_table": "transactions_mandate",
            },
        ),
        migrations.AddIndex(
            model_name="hold",
            index=models.Index(
                condition=models.Q(("state", "placed")),
                fields=["target_account_id"],
                name="transactions_hold_expected",
            ),
        ),
        migrations.AddConstraint(
            model_name="limit",
            constraint=models.UniqueConstraint(
                fields=("account_id", "spender_id", "period", "channel"),
                name="transactions_limit_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="limit",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount_minor__gte", 0),
                    models.Q(("next_minor__isnull", True), ("next_minor__gte", 0), _connector="OR"),
                ),
                name="transactions_limit_amount",
            ),
        ),
        migrations.AddIndex(
            model_name="mandate",
            index=models.Index(fields=["account_id"], name="transactions_mandate_account"),
        ),
    ]
