"""Keep what the bank orders of accounts."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_aliases_primary_minimum"),
    ]

    operations = [
        migrations.CreateModel(
            name="BankOrder",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("account_id", models.UUIDField()),
                ("change", models.CharField(max_length=16)),
                ("direction", models.CharField(blank=True, max_length=8)),
                ("reason", models.CharField(max_length=24)),
                ("actor_id", models.UUIDField(null=True)),
                ("ordered_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "accounts_bank_order",
                "indexes": [
                    models.Index(
                        fields=["account_id", "ordered_at"], name="accounts_bank_order_account"
                    )
                ],
            },
        ),
    ]
