"""Keep what customers write on their postings, and categories of their own."""

import django.contrib.postgres.fields
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("transactions", "0004_exchange"),
    ]

    operations = [
        migrations.CreateModel(
            name="Filing",
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
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), size=None
                    ),
                ),
                ("note", models.TextField()),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "db_table": "transactions_filing",
            },
        ),
        migrations.CreateModel(
            name="Category",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("owner_id", models.UUIDField()),
                ("parent", models.TextField()),
                ("name", models.TextField()),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "db_table": "transactions_category",
                "constraints": [
                    models.UniqueConstraint(
                        models.F("owner_id"),
                        django.db.models.functions.text.Lower("name"),
                        name="transactions_category_once",
                    )
                ],
            },
        ),
    ]
