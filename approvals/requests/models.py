"""What waits for agreement: a request, the steps as they were when it was made, and the tasks of those who decide."""

from __future__ import annotations

import uuid
from typing import Final

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from approvals.workflows.models import Workflow
from myaccount.operations.kinds import OperationKind

REASON_MAX_LENGTH: Final = 500
NAME_MAX_LENGTH: Final = 254


class RequestState(models.TextChoices):
    """Where a request stands."""

    WAITING = "waiting", pgettext_lazy("request", "Waiting")
    AGREED = "agreed", pgettext_lazy("request", "Being carried out")
    APPROVED = "approved", pgettext_lazy("request", "Approved")
    REJECTED = "rejected", pgettext_lazy("request", "Rejected")
    FAILED = "failed", pgettext_lazy("request", "Could not be carried out")
    WITHDRAWN = "withdrawn", pgettext_lazy("request", "Withdrawn")
    CANCELLED = "cancelled", pgettext_lazy("request", "Cancelled by an administrator")


class TaskState(models.TextChoices):
    """Where a task stands."""

    READY = "ready", pgettext_lazy("task", "Ready")
    RESERVED = "reserved", pgettext_lazy("task", "Reserved")
    APPROVED = "approved", pgettext_lazy("task", "Approved")
    REJECTED = "rejected", pgettext_lazy("task", "Rejected")
    CANCELLED = "cancelled", pgettext_lazy("task", "No longer needed")


class Priority(models.TextChoices):
    """How urgent a request is: one that others had to be asked about is urgent."""

    NORMAL = "normal", pgettext_lazy("priority", "Normal")
    HIGH = "high", pgettext_lazy("priority", "High")


class ApprovalRequest(models.Model):
    """A change somebody asked for, with exactly what would be done. Changed under a lock on its row only.

    `digest` tells the same question asked twice while the first still waits. Secrets in `payload` go when it ends, and
    so do `attributes`. `subject_uuid` of an account that was asked for is set once it is made.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    action = models.CharField(max_length=60, editable=False)
    kind = models.CharField(_("operation"), max_length=30, choices=OperationKind.choices)
    subject_uuid = models.UUIDField(_("identifier of the subject"), null=True)
    subject_name = models.CharField(_("subject"), max_length=NAME_MAX_LENGTH)
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("requester")
    )
    requester_name = models.CharField(_("name of the requester"), max_length=NAME_MAX_LENGTH, blank=True)
    payload = models.JSONField(editable=False)
    attributes = models.JSONField(default=dict, editable=False)
    claims = models.JSONField(default=list, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    search = models.CharField(max_length=NAME_MAX_LENGTH * 6, editable=False)
    workflow = models.ForeignKey(
        Workflow, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("workflow")
    )
    workflow_name = models.CharField(_("name of the workflow"), max_length=100)
    description = models.CharField(_("description"), max_length=300, blank=True)
    priority = models.CharField(_("priority"), max_length=10, choices=Priority.choices, default=Priority.NORMAL)
    state = models.CharField(_("state"), max_length=10, choices=RequestState.choices, default=RequestState.WAITING)
    reason = models.CharField(_("reason"), max_length=REASON_MAX_LENGTH, blank=True)
    created_at = models.DateTimeField(_("created"))
    finished_at = models.DateTimeField(_("ended"), null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True)  # while it is agreed

    class Meta:
        verbose_name = _("request")
        verbose_name_plural = _("requests")
        constraints = [
            models.UniqueConstraint(
                fields=["digest"], condition=Q(state__in=["waiting", "agreed"]), name="approval_request_once"
            )
        ]
        indexes = [
            models.Index(fields=["requester", "-id"], name="approval_request_own"),
            models.Index(fields=["subject_uuid"], name="approval_request_subject"),
            models.Index(fields=["kind", "-id"], name="approval_request_kind"),
            models.Index(fields=["created_at"], name="approval_request_created"),
            models.Index(fields=["finished_at"], condition=~Q(finished_at=None), name="approval_request_finished"),
            models.Index(
                fields=["finished_at"],
                condition=Q(subject_uuid=None) & ~Q(finished_at=None),
                name="approval_request_of_nobody",
            ),
            models.Index(
                fields=["next_attempt_at"], condition=~Q(next_attempt_at=None), name="approval_request_agreed"
            ),
        ]

    def __str__(self) -> str:
        return f"{OperationKind(self.kind).label}: {self.subject_name}"

    @property
    def is_forgotten(self) -> bool:
        """Whether the account it was about has been erased, and with it what was asked for."""
        return self.subject_name == str(self.subject_uuid)


class RequestStep(models.Model):
    """A step as the workflow had it when the request was made: a later edit of the workflow changes nothing.

    `tell_after`: the candidates are told in the order of their ids; this one was the last, none when all know.
    """

    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="steps")
    order = models.PositiveSmallIntegerField(_("order"))
    needed = models.PositiveSmallIntegerField(_("how many must agree"))
    escalate_after_hours = models.PositiveSmallIntegerField(_("hours until others are asked, too"), null=True)
    opened_at = models.DateTimeField(_("opened"), null=True)
    escalate_at = models.DateTimeField(_("others are asked at"), null=True)  # while it is open
    escalated_at = models.DateTimeField(_("others were asked"), null=True)
    done_at = models.DateTimeField(_("done"), null=True)
    tell_after = models.BigIntegerField(null=True, editable=False)

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["order"]
        constraints = [models.UniqueConstraint(fields=["request", "order"], name="request_step_order")]
        indexes = [
            models.Index(fields=["escalate_at"], condition=~Q(escalate_at=None), name="request_step_overdue"),
            models.Index(fields=["opened_at"], condition=~Q(tell_after=None), name="request_step_untold"),
        ]

    def __str__(self) -> str:
        return f"{self.request_id}, {self.order}"


class Candidate(models.Model):
    """Somebody, or everybody in a group, who may decide at a step. `is_asked`: now, while the step is open.

    Who is in a group is looked up each time, so people who join it later are candidates, and those who left are not.
    """

    step = models.ForeignKey(RequestStep, on_delete=models.CASCADE, related_name="candidates")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+", verbose_name=_("person")
    )
    group = models.ForeignKey(Group, on_delete=models.CASCADE, null=True, related_name="+", verbose_name=_("group"))
    is_escalation = models.BooleanField(_("asked when it takes too long"), default=False)
    is_asked = models.BooleanField(_("asked now"), default=False)

    class Meta:
        verbose_name = _("candidate")
        verbose_name_plural = _("candidates")
        constraints = [
            models.CheckConstraint(
                condition=Q(user=None, group__isnull=False) | Q(user__isnull=False, group=None),
                name="approval_candidate_is_one",
            )
        ]
        indexes = [
            models.Index(fields=["user", "step"], condition=Q(is_asked=True), name="approval_candidate_user"),
            models.Index(fields=["group", "step"], condition=Q(is_asked=True), name="approval_candidate_group"),
        ]

    def __str__(self) -> str:
        return str(self.user or self.group)


class ApprovalTask(models.Model):
    """One agreement a step needs; its id is the number people quote. A person takes one task of a step at most.

    `is_offered`: of the ready tasks of a step the candidates see this one.
    """

    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="tasks")
    step = models.ForeignKey(RequestStep, on_delete=models.CASCADE, related_name="tasks")
    state = models.CharField(_("state"), max_length=10, choices=TaskState.choices, default=TaskState.READY)
    is_offered = models.BooleanField(default=False, editable=False)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("claimed by")
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), null=True)
    reason = models.CharField(_("reason"), max_length=REASON_MAX_LENGTH, blank=True)

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        constraints = [
            models.UniqueConstraint(fields=["step"], condition=Q(is_offered=True), name="approval_task_one_offered"),
            models.UniqueConstraint(
                fields=["step", "claimed_by"], condition=Q(state="reserved"), name="approval_task_one_claimed"
            ),
            models.UniqueConstraint(fields=["step", "decided_by"], name="approval_task_one_decided"),
        ]
        indexes = [
            models.Index(fields=["-id"], condition=Q(is_offered=True), name="approval_task_offered"),
            models.Index(fields=["claimed_by", "-id"], condition=Q(state="reserved"), name="approval_task_reserved"),
            models.Index(fields=["decided_by", "-id"], name="approval_task_completed"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Mails(models.TextChoices):
    """When an approver is mailed."""

    AT_ONCE = "at-once", _("At once, for each task")
    DAILY = "daily", _("Once a day, all together")
    NEVER = "never", _("Never")


class MailChoice(models.Model):
    """What an approver has chosen; who has chosen nothing is mailed at once."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    mails = models.CharField(max_length=10, choices=Mails.choices)
    next_digest_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["next_digest_at"], condition=~Q(next_digest_at=None), name="approval_digest_due")
        ]

    def __str__(self) -> str:
        return self.mails
