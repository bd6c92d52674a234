import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0003_first_purposes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PairwiseSubject",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sector", models.CharField(max_length=255, verbose_name="sector")),
                ("subject", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="identifier")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("user", "sector"), name="one_subject_a_sector"),
                ],
            },
        ),
        migrations.AddIndex("accesstoken", models.Index(fields=["expires"], name="access_token_expires")),
        migrations.AddIndex("grant", models.Index(fields=["expires"], name="code_expires")),
        migrations.AddIndex("refreshtoken", models.Index(fields=["ends_at"], name="refresh_token_ends")),
    ]
