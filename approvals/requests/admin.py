"""Requests in Django admin, for what support is asked: who was asked, who decided? To be read, and cancelled."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.requests import services
from approvals.requests.models import REASON_MAX_LENGTH, ApprovalRequest, ApprovalTask, RequestState, RequestStep
from approvals.requests.submissions import describe, title_of
from myaccount.users.models import User
from myaccount.users.selectors import find_by_identifier
from myaccount.web import step_up
from myaccount.web.forms import validate_visible
from myaccount.web.read_only_admin import ReadOnlyAdmin, uuid_in
from myaccount.web.requests import origin


class CancelForm(forms.Form):
    """Why a request is cancelled; its requester is told."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=REASON_MAX_LENGTH,
        help_text=gettext_lazy("Who asked for it reads it in the mail that tells them, and in their history."),
        widget=forms.TextInput(attrs={"class": "vTextField", "autofocus": True}),
        validators=[validate_visible],
    )


class _ReadOnlyInline(admin.StackedInline[Any, ApprovalRequest]):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class StepInline(_ReadOnlyInline):
    """The steps, and who is asked at each."""

    model = RequestStep
    fields = readonly_fields = ("order", "needed", "candidates", "opened_at", "escalated_at", "done_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[RequestStep]:
        """With the candidates' names."""
        return super().get_queryset(request).prefetch_related("candidates__user", "candidates__group")

    @admin.display(description=gettext_lazy("candidates"))
    def candidates(self, step: RequestStep) -> str:
        """People and groups."""
        return ", ".join(str(candidate) for candidate in step.candidates.all())


class TaskInline(_ReadOnlyInline):
    """The tasks, and who has claimed or decided each."""

    model = ApprovalTask
    fields = readonly_fields = ("id", "step", "state", "claimed_by", "decided_by", "decided_at", "reason")


@admin.register(ApprovalRequest)
class ApprovalRequestAdmin(ReadOnlyAdmin):
    """What is asked for is shown as approvers read it, never as it is stored."""

    list_display = ("title", "state", "requester_name", "created_at", "finished_at")
    list_filter = ("state", "kind", "priority")
    ordering = ("-pk",)
    search_fields = ("uuid",)
    search_help_text = gettext_lazy(
        "Who asked or whom it is about (username, proven e-mail address or identifier), the number of a task, or the "
        "identifier of a request; each in full."
    )
    inlines = (StepInline, TaskInline)
    change_form_template = "admin/approvals/approvalrequest/change_form.html"
    fields = (
        "title", "properties", "state", "reason", "requester", "requester_name", "subject_name", "subject_uuid",
        "workflow", "workflow_name", "description", "priority", "created_at", "finished_at", "attempts",
        "next_attempt_at", "uuid",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApprovalRequest]:
        """Without what would be carried out; the page of one request reads that."""
        found, match = super().get_queryset(request), request.resolver_match
        return found if match and "object_id" in match.kwargs else found.defer("payload", "attributes")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ApprovalRequest], search_term: str
    ) -> tuple[QuerySet[ApprovalRequest], bool]:
        """Of one person, or one."""
        term = search_term.strip()
        if not term:
            return queryset, False
        uuid = uuid_in(term)
        if uuid:
            return queryset.filter(Q(uuid=uuid) | Q(subject_uuid=uuid)), False
        if term.isdecimal() and len(term) < 19:
            return queryset.filter(pk__in=ApprovalTask.objects.filter(pk=int(term)).values("request")), False
        user = find_by_identifier(term)
        if user is None:
            return queryset.filter(subject_name=term), False
        return queryset.filter(Q(requester=user) | Q(subject_uuid=user.uuid)), False

    @admin.display(description=gettext_lazy("what is asked for"))
    def title(self, request: ApprovalRequest) -> str:
        """In short."""
        return title_of(request)

    @admin.display(description=gettext_lazy("properties"))
    def properties(self, request: ApprovalRequest) -> str:
        """What would be done, a line for each property."""
        shown = describe(request)
        lines = [f"{one.label}: {f'{one.was} → ' if one.was else ''}{one.wanted}" for one in shown.properties]
        return "\n".join([*lines, *filter(None, [shown.why_impossible])])

    def get_urls(self) -> list[URLPattern]:
        """The page that cancels beside Django's own."""
        cancel = path("<int:pk>/cancel/", self.admin_site.admin_view(self.cancel), name="approvals_request_cancel")
        return [cancel, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With a way to cancel what has not ended."""
        waiting = ApprovalRequest.objects.filter(state__in=[RequestState.WAITING, RequestState.AGREED])
        can_cancel = object_id.isdecimal() and len(object_id) < 19 and waiting.filter(pk=int(object_id)).exists()
        extra = {"can_cancel": can_cancel and self.has_act_permission(request)}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **extra})

    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End a request with a reason; who asked for it is told."""
        found = get_object_or_404(ApprovalRequest, pk=pk)
        if not self.has_act_permission(request):
            raise PermissionDenied(_("You may look at this, but not change it."))
        now = timezone.now()
        if not step_up.is_confirmed(request, now=now):
            return step_up.redirect_to_confirm(request.path)
        form = CancelForm(request.POST or None)
        if form.is_valid():
            by, reason = cast("User", request.user), form.cleaned_data["reason"]
            try:
                services.cancel(request_pk=pk, by=by, reason=reason, origin=origin(request), now=now)
                messages.success(request, _("The request was cancelled, and who asked for it was told."))
            except services.NoLongerWaiting:
                messages.error(request, _("This request has ended already."))
            return HttpResponseRedirect(reverse("admin:approvals_approvalrequest_change", args=[pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Cancel this request?"),
            "opts": self.opts,
            "original": found,
            "shown": title_of(found),
            "form": form,
        }
        status = 422 if form.is_bound else 200
        return TemplateResponse(request, "admin/approvals/approvalrequest/cancel.html", context, status=status)
