from django.db import migrations, models


class Migration(migrations.Migration):
    operations = [
        migrations.AddField("account", "last", models.ForeignKey(to="payments.payment", on_delete=models.PROTECT)),
    ]
