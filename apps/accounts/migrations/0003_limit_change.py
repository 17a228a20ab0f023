"""Write down what is asked about limits."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_statement"),
    ]

    operations = [
        migrations.CreateModel(
            name="LimitChange",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("account_id", models.UUIDField()),
                ("wanted", models.JSONField()),
                ("plan", models.JSONField(null=True)),
                ("asked_by", models.UUIDField()),
                ("asked_at", models.DateTimeField()),
                ("taken_up_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("is_applied", models.BooleanField(default=False)),
            ],
            options={
                "db_table": "accounts_limit_change",
                "indexes": [
                    models.Index(
                        fields=["account_id", "asked_at"], name="accounts_limit_change_listed"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("account_id",),
                        name="accounts_limit_change_one_under_way",
                    )
                ],
            },
        ),
    ]
