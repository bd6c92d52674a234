"""The purposes and categories every portal begins with; administrators change them and add more."""

from django.db import migrations

CATEGORIES = ["Core function", "Contracted service", "Personalisation", "Security", "Contact", "Improvement of services"]
# name, description, categories
PURPOSES = [
    ("Signing you in", "To know whose account this is.", ["Core function"]),
    ("Providing the service", "To do what you use the application for.", ["Core function", "Contracted service"]),
    ("Contacting you", "To write to you or call you about what you use.", ["Contact"]),
    ("Making it yours", "To show you what concerns you, in your language and time zone.", ["Personalisation"]),
    ("Keeping your account", "To run your account with the organisation.", ["Core function"]),
]


def add(apps, schema_editor):
    category, purpose = apps.get_model("consent", "PurposeCategory"), apps.get_model("consent", "Purpose")
    known = {name: category.objects.get_or_create(name=name)[0] for name in CATEGORIES}
    for name, description, names in PURPOSES:
        row, is_new = purpose.objects.get_or_create(name=name, defaults={"description": description})
        if is_new:
            row.categories.set([known[name] for name in names])


class Migration(migrations.Migration):
    dependencies = [("consent", "0002_receipts_are_final")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
