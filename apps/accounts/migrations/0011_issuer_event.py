"""Keep what the issuer of cards says by itself."""

from django.db import migrations, models

STATES = ("waiting", "done", "ignored", "refused")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0010_bank_order"),
    ]

    operations = [
        migrations.CreateModel(
            name="IssuerEvent",
            fields=[
                ("id", models.CharField(max_length=255, primary_key=True, serialize=False)),
                ("kind", models.CharField(blank=True, max_length=64)),
                ("subject", models.CharField(blank=True, max_length=64)),
                ("content", models.JSONField()),
                ("state", models.CharField(choices=[(s, s) for s in STATES], max_length=16)),
                ("outcome", models.CharField(blank=True, default="", max_length=64)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("due_at", models.DateTimeField(null=True)),
                ("received_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "accounts_issuer_event",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["due_at"],
                        name="accounts_issuer_event_due",
                    ),
                    models.Index(fields=["subject"], name="accounts_issuer_event_about"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("due_at__isnull", False),
                            ("ended_at__isnull", True),
                            ("state", "waiting"),
                        )
                        | (~models.Q(("state", "waiting")) & models.Q(("ended_at__isnull", False))),
                        name="accounts_issuer_event_waits",
                    ),
                ],
            },
        ),
    ]
