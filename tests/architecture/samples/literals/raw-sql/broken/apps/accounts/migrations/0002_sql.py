from django.db import migrations


class Migration(migrations.Migration):
    operations = [migrations.RunSQL("update accounts_account set paid = true from payments_payment", "select 1")]
