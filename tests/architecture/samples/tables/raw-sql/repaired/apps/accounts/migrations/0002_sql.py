from django.db import migrations


class Migration(migrations.Migration):
    operations = [migrations.RunSQL("create table if not exists accounts_ledger (id uuid)", "select 1")]
