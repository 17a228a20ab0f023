"""Keep rates of exchange and the quotes that were given."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("transactions", "0003_holds"),
    ]

    operations = [
        migrations.CreateModel(
            name="Quote",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("owner_id", models.UUIDField()),
                ("source_currency", models.TextField()),
                ("target_currency", models.TextField()),
                ("source_minor", models.BigIntegerField()),
                ("target_minor", models.BigIntegerField()),
                ("fee_minor", models.BigIntegerField()),
                ("rate", models.DecimalField(decimal_places=12, max_digits=24)),
                ("spread_ppm", models.IntegerField()),
                ("quoted_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("posting_id", models.UUIDField(null=True, unique=True)),
            ],
            options={
                "db_table": "transactions_quote",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("source_minor__gt", 0), ("target_minor__gt", 0), ("fee_minor__gte", 0)
                        ),
                        name="transactions_quote_amounts",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Rate",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("base", models.TextField()),
                ("quote", models.TextField()),
                ("rate", models.DecimalField(decimal_places=12, max_digits=24)),
                ("spread_ppm", models.IntegerField()),
                ("valid_from", models.DateTimeField()),
                ("set_by", models.UUIDField()),
            ],
            options={
                "db_table": "transactions_rate",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("base", "quote", "valid_from"), name="transactions_rate_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("rate__gt", 0), ("spread_ppm__gte", 0), ("spread_ppm__lt", 1000000)
                        ),
                        name="transactions_rate_range",
                    ),
                ],
            },
        ),
    ]
