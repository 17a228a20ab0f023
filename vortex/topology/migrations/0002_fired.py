"""The table of periodic tasks that were sent, so that no two clocks send one twice."""

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("topology", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Fired",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "schedule",
                        "due_at",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("schedule", models.TextField()),
                ("due_at", models.DateTimeField()),
                ("fired_at", models.DateTimeField(db_default=Now())),
            ],
            options={"db_table": "topology_fired"},
        ),
    ]
