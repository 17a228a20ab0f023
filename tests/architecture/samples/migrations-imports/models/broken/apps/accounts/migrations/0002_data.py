from apps.accounts.models import Account
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = []
