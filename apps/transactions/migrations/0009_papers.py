"""Keep parts, papers, complaints and comparisons, and who filed a posting as it is filed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("transactions", "0008_keeping"),
    ]

    operations = [
        migrations.AddField(
            model_name="annotation",
            name="confidence",
            field=models.SmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="annotation",
            name="source",
            field=models.TextField(db_default="customer", default="customer"),
        ),
        migrations.CreateModel(
            name="Attachment",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("owner_id", models.UUIDField()),
                ("posting_id", models.UUIDField()),
                ("file_id", models.UUIDField()),
                ("filename", models.TextField()),
                ("media_type", models.TextField()),
                ("size_bytes", models.BigIntegerField()),
                ("sha256", models.BinaryField()),
                ("attached_at", models.DateTimeField()),
            ],
            options={
                "db_table": "transactions_attachment",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("owner_id", "posting_id", "sha256"),
                        name="transactions_attachment_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Dispute",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("owner_id", models.UUIDField()),
                ("posting_id", models.UUIDField()),
                ("reason", models.TextField()),
                ("words", models.TextField()),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.TextField()),
                ("state", models.TextField()),
                ("answer", models.TextField(default="")),
                ("handled_by", models.UUIDField(null=True)),
                ("reversal_id", models.UUIDField(null=True)),
                ("opened_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "db_table": "transactions_dispute",
                "indexes": [
                    models.Index(fields=["owner_id", "-id"], name="transactions_dispute_listed"),
                    models.Index(fields=["state", "id"], name="transactions_dispute_queue"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ("open", "in_review", "refunded", "rejected", "withdrawn"),
                            )
                        ),
                        name="transactions_dispute_state",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("open", "in_review"))),
                        fields=("owner_id", "posting_id"),
                        name="transactions_dispute_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Reconciliation",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("owner_id", models.UUIDField()),
                ("account_id", models.UUIDField()),
                ("filename", models.TextField()),
                ("format", models.TextField()),
                ("currency", models.TextField()),
                ("first_date", models.DateField()),
                ("last_date", models.DateField()),
                ("matched", models.IntegerField()),
                ("missing_here", models.IntegerField()),
                ("missing_there", models.IntegerField()),
                ("amount_differs", models.IntegerField()),
                ("made_at", models.DateTimeField()),
            ],
            options={
                "db_table": "transactions_reconciliation",
                "indexes": [
                    models.Index(fields=["owner_id", "-id"], name="transactions_reconciliation_li")
                ],
            },
        ),
        migrations.CreateModel(
            name="ReconciliationItem",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "reconciliation_id",
                        "position",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("reconciliation_id", models.UUIDField()),
                ("position", models.IntegerField()),
                ("kind", models.TextField()),
                ("posting_id", models.UUIDField(null=True)),
                ("booked_date", models.DateField(null=True)),
                ("description", models.TextField(default="")),
                ("our_minor", models.BigIntegerField(null=True)),
                ("their_minor", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "transactions_reconciliation_item",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                ("matched", "missing_here", "missing_there", "amount_differs"),
                            )
                        ),
                        name="transactions_reconciliation_item_kind",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Split",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "owner_id",
                        "posting_id",
                        "position",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("owner_id", models.UUIDField()),
                ("posting_id", models.UUIDField()),
                ("position", models.SmallIntegerField()),
                ("amount_minor", models.BigIntegerField()),
                ("category", models.TextField()),
                ("note", models.TextField()),
            ],
            options={
                "db_table": "transactions_split",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor", 0), _negated=True),
                        name="transactions_split_amount",
                    )
                ],
            },
        ),
    ]
