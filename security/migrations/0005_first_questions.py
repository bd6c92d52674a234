from django.db import migrations

from security.recovery.questions import data


class Migration(migrations.Migration):
    dependencies = [("security", "0004_account_recovery")]

    operations = [migrations.RunPython(data.add, migrations.RunPython.noop)]
