"""Let a freeze have a side, a close a destination, and an account sleep."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_limit_change"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="account",
            name="accounts_account_standing_known",
        ),
        migrations.RemoveConstraint(
            model_name="account",
            name="accounts_account_pending_whole",
        ),
        migrations.AddField(
            model_name="account",
            name="closed_by",
            field=models.CharField(blank=True, db_default="", default="", max_length=8),
        ),
        migrations.AddField(
            model_name="account",
            name="frozen",
            field=models.CharField(blank=True, db_default="", default="", max_length=8),
        ),
        migrations.AddField(
            model_name="account",
            name="frozen_for",
            field=models.CharField(blank=True, db_default="", default="", max_length=24),
        ),
        migrations.AddField(
            model_name="account",
            name="last_moved_date",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="account",
            name="pending_terms",
            field=models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.AlterField(
            model_name="account",
            name="standing",
            field=models.CharField(
                choices=[
                    ("active", "active"),
                    ("frozen_by_holder", "frozen_by_holder"),
                    ("frozen_by_bank", "frozen_by_bank"),
                    ("closed", "closed"),
                    ("dormant", "dormant"),
                ],
                max_length=24,
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "standing__in",
                        ["active", "frozen_by_holder", "frozen_by_bank", "closed", "dormant"],
                    )
                ),
                name="accounts_account_standing_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("pending", ""), ("pending_since_at__isnull", True)),
                    models.Q(
                        (
                            "pending__in",
                            ["active", "frozen_by_holder", "frozen_by_bank", "closed", "dormant"],
                        ),
                        ("pending_since_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="accounts_account_pending_whole",
            ),
        ),
    ]
