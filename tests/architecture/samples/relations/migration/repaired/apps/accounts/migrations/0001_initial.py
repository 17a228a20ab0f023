from django.db import migrations, models


class Migration(migrations.Migration):
    operations = [
        migrations.AddField("account", "last_id", models.UUIDField()),
    ]
