import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """The table stays as it is: what changes is that Django deletes no attribute that is named there."""

    dependencies = [
        ("approvals", "0002_requests_about_nobody"),
        ("claims", "0003_asked_at_registration"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="WorkflowClaim",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                        ),
                        (
                            "claim",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="claims.claim"
                            ),
                        ),
                        (
                            "workflow",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="approvals.workflow"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "workflow",
                        "db_table": "approvals_workflow_claims",
                        "unique_together": {("workflow", "claim")},
                    },
                ),
                migrations.AlterField(
                    model_name="workflow",
                    name="claims",
                    field=models.ManyToManyField(
                        blank=True,
                        related_name="+",
                        through="approvals.WorkflowClaim",
                        to="claims.claim",
                        verbose_name="attributes",
                    ),
                ),
            ],
        ),
    ]
