from django.db import migrations


class Migration(migrations.Migration):
    operations = [migrations.RunSQL("create table if not exists ledger (id uuid)", "select 1")]
