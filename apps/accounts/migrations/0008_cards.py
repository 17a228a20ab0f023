"""Keep virtual cards as tokens, what is paid with them, and the local vault."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_pots_and_monitors"),
    ]

    operations = [
        migrations.CreateModel(
            name="VaultEntry",
            fields=[
                ("token", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("reference", models.UUIDField(unique=True)),
                ("sealed", models.BinaryField()),
                ("last_four", models.CharField(max_length=4)),
                ("expiry_month", models.PositiveSmallIntegerField()),
                ("expiry_year", models.PositiveSmallIntegerField()),
                ("state", models.CharField(max_length=16)),
            ],
            options={
                "db_table": "accounts_vault_entry",
            },
        ),
        migrations.AddField(
            model_name="limitchange",
            name="card_id",
            field=models.UUIDField(null=True),
        ),
        migrations.CreateModel(
            name="Card",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("account_id", models.UUIDField()),
                ("name", models.CharField(blank=True, max_length=64)),
                ("vault", models.CharField(max_length=16)),
                ("token", models.CharField(blank=True, default="", max_length=64)),
                ("last_four", models.CharField(blank=True, default="", max_length=4)),
                ("brand", models.CharField(blank=True, default="", max_length=16)),
                ("expiry_month", models.PositiveSmallIntegerField(null=True)),
                ("expiry_year", models.PositiveSmallIntegerField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("active", "active"),
                            ("locked", "locked"),
                            ("cancelled", "cancelled"),
                        ],
                        max_length=16,
                    ),
                ),
                ("vault_state", models.CharField(blank=True, default="", max_length=16)),
                ("telling_since_at", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("made_by", models.UUIDField()),
                ("created_at", models.DateTimeField()),
                ("cancelled_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "accounts_card",
                "indexes": [
                    models.Index(fields=["account_id"], name="accounts_card_account"),
                    models.Index(
                        condition=models.Q(("state", models.F("vault_state")), _negated=True),
                        fields=["due_at"],
                        name="accounts_card_due",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("token", ""), _negated=True),
                        fields=("vault", "token"),
                        name="accounts_card_token_unique",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["active", "locked", "cancelled"])),
                        name="accounts_card_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("last_four", ""), ("last_four__regex", "^[0-9]{4}$"), _connector="OR"
                        ),
                        name="accounts_card_last_four_only",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CardPayment",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("card_id", models.UUIDField()),
                ("account_id", models.UUIDField()),
                ("amount_minor", models.BigIntegerField()),
                ("captured_minor", models.BigIntegerField(default=0)),
                ("currency", models.CharField(max_length=3)),
                ("merchant", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "asked"),
                            ("authorised", "authorised"),
                            ("refused", "refused"),
                            ("captured", "captured"),
                            ("released", "released"),
                            ("expired", "expired"),
                        ],
                        max_length=16,
                    ),
                ),
                ("refused_with", models.CharField(blank=True, default="", max_length=64)),
                ("asked_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "accounts_card_payment",
                "indexes": [
                    models.Index(
                        fields=["card_id", "-asked_at", "-id"], name="accounts_card_payment_list"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount_minor__gt", 0),
                            ("captured_minor__gte", 0),
                            ("captured_minor__lte", models.F("amount_minor")),
                        ),
                        name="accounts_card_payment_amounts",
                    )
                ],
            },
        ),
    ]
