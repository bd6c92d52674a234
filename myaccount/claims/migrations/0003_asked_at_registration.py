"""Which attributes are asked for when people register themselves; at first the two names."""

from django.db import migrations, models

AT_FIRST = ("given_name", "family_name")


def mark(apps, schema_editor):
    apps.get_model("claims", "Claim").objects.filter(name__in=AT_FIRST).update(is_asked_at_registration=True)


class Migration(migrations.Migration):
    dependencies = [("claims", "0002_built_in")]
    operations = [
        migrations.AddField(
            model_name="claim",
            name="is_asked_at_registration",
            field=models.BooleanField(
                default=False,
                help_text="When people register themselves. Username and e-mail address are asked for in any case.",
                verbose_name="asked at registration",
            ),
        ),
        migrations.RunPython(mark, migrations.RunPython.noop),
    ]
