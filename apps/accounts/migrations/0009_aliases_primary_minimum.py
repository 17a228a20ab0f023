"""Keep aliases, which account is the primary one, and minimum balances."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_cards"),
    ]

    operations = [
        migrations.CreateModel(
            name="Alias",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("account_id", models.UUIDField()),
                ("owner_id", models.UUIDField()),
                ("alias", models.CharField(max_length=24)),
                ("skeleton", models.CharField(max_length=24)),
                ("claimed_at", models.DateTimeField()),
                ("released_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "accounts_alias",
            },
        ),
        migrations.AddField(
            model_name="account",
            name="is_primary",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="account",
            name="minimum_minor",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_primary", True)),
                fields=("owner_id",),
                name="accounts_account_one_primary",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("minimum_minor__gte", 0)),
                name="accounts_account_minimum_not_negative",
            ),
        ),
        migrations.AddIndex(
            model_name="alias",
            index=models.Index(fields=["owner_id", "claimed_at"], name="accounts_alias_owner"),
        ),
        migrations.AddIndex(
            model_name="alias",
            index=models.Index(fields=["skeleton"], name="accounts_alias_skeleton"),
        ),
        migrations.AddConstraint(
            model_name="alias",
            constraint=models.UniqueConstraint(
                condition=models.Q(("released_at__isnull", True)),
                fields=("skeleton",),
                name="accounts_alias_taken",
            ),
        ),
        migrations.AddConstraint(
            model_name="alias",
            constraint=models.UniqueConstraint(
                condition=models.Q(("released_at__isnull", True)),
                fields=("account_id",),
                name="accounts_alias_one_per_account",
            ),
        ),
    ]
