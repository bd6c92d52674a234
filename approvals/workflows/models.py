"""Which operations wait, for whom, and in which order people are asked."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from myaccount.operations.kinds import OperationKind


class Comparison(models.TextChoices):
    """How an attribute is compared with the value of a condition, without regard to case."""

    IS = "is", _("is")
    IS_NOT = "is-not", _("is not")
    CONTAINS = "contains", _("contains")
    IS_EMPTY = "is-empty", _("is empty")


class Workflow(models.Model):
    """Holds operations until the people of its steps agree, one step after the other."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    description = models.CharField(_("description"), max_length=300, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    claims = models.ManyToManyField(
        "claims.Claim", through="WorkflowClaim", blank=True, related_name="+", verbose_name=_("attributes")
    )
    condition_claim = models.ForeignKey(
        "claims.Claim", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("attribute")
    )
    condition_comparison = models.CharField(_("comparison"), max_length=10, choices=Comparison.choices, blank=True)
    condition_value = models.CharField(_("value"), max_length=200, blank=True)
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("workflow")
        verbose_name_plural = _("workflows")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Count versions, so that two administrators who save at once are noticed."""
        self.version += 1
        super().save(*args, **kwargs)


class WorkflowOperation(models.Model):
    """An operation that a workflow holds."""

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="operations")
    kind = models.CharField(_("operation"), max_length=30, choices=OperationKind.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workflow", "kind"], name="workflow_operation_once")]

    def __str__(self) -> str:
        return str(OperationKind(self.kind).label)


class WorkflowClaim(models.Model):
    """An attribute whose changes a workflow holds.

    It is not deleted while a workflow names it: one that named no other would from then on hold changes of any.
    """

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="+")
    claim = models.ForeignKey("claims.Claim", on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("workflow")
        db_table = "approvals_workflow_claims"
        unique_together = [("workflow", "claim")]

    def __str__(self) -> str:
        return str(self.workflow)


class Step(models.Model):
    """Who is asked at one step, and how many of them have to agree."""

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="steps")
    order = models.PositiveSmallIntegerField(_("order"))
    users = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+", verbose_name=_("people"))
    groups = models.ManyToManyField(Group, blank=True, related_name="+", verbose_name=_("groups"))
    needed = models.PositiveSmallIntegerField(
        _("how many must agree"), default=1, validators=[MinValueValidator(1), MaxValueValidator(20)]
    )
    escalate_after_hours = models.PositiveSmallIntegerField(
        _("hours until others are asked, too"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    escalate_to_users = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", verbose_name=_("people asked then")
    )
    escalate_to_groups = models.ManyToManyField(
        Group, blank=True, related_name="+", verbose_name=_("groups asked then")
    )

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["order"]
        constraints = [models.UniqueConstraint(fields=["workflow", "order"], name="workflow_step_order")]

    def __str__(self) -> str:
        return str(self.order)
