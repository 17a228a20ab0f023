"""Let an account be shared."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_standing_terms"),
    ]

    operations = [
        migrations.CreateModel(
            name="Member",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("account_id", models.UUIDField()),
                ("email", models.CharField(max_length=254)),
                ("user_id", models.UUIDField(null=True)),
                ("role", models.CharField(max_length=16)),
                ("may_pay", models.BooleanField()),
                ("pay_minor", models.BigIntegerField(null=True)),
                ("state", models.CharField(max_length=16)),
                ("code_hash", models.BinaryField()),
                ("wrong_codes", models.PositiveSmallIntegerField(default=0)),
                ("invited_by", models.UUIDField()),
                ("invited_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("changed_by", models.UUIDField(null=True)),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "db_table": "accounts_member",
                "indexes": [
                    models.Index(fields=["account_id"], name="accounts_member_account"),
                    models.Index(fields=["user_id"], name="accounts_member_user"),
                    models.Index(fields=["email"], name="accounts_member_email"),
                    models.Index(
                        condition=models.Q(("state__in", ["accepting", "removing"])),
                        fields=["changed_at"],
                        name="accounts_member_under_way",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("state__in", ["invited", "accepting", "active", "removing"])
                        ),
                        fields=("account_id", "email"),
                        name="accounts_member_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("pay_minor__isnull", True), ("pay_minor__gte", 0), _connector="OR"
                        ),
                        name="accounts_member_pay_not_negative",
                    ),
                ],
            },
        ),
    ]
