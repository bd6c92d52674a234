"""One purpose is that of the system consent, whatever administrators call it."""

from django.db import migrations, models

NAME = "Keeping your account"


def mark(apps, schema_editor):
    purpose = apps.get_model("consent", "Purpose")
    if not purpose.objects.filter(is_of_account=True).exists():
        purpose.objects.filter(name=NAME).update(is_of_account=True)


class Migration(migrations.Migration):
    dependencies = [("consent", "0004_pairwise_subject")]
    operations = [
        migrations.AddField(
            model_name="purpose", name="is_of_account", field=models.BooleanField(default=False, editable=False)
        ),
        migrations.AddConstraint(
            model_name="purpose",
            constraint=models.UniqueConstraint(
                fields=["is_of_account"],
                condition=models.Q(("is_of_account", True)),
                name="one_purpose_of_the_account",
            ),
        ),
        migrations.RunPython(mark, migrations.RunPython.noop),
    ]
