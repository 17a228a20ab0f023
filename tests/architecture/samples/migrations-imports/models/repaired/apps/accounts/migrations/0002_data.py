from uuid import UUID
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = []
