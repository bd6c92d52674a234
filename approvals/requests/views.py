"""The Approvals page, a task, and what can be done about it. Each act has a page that asks first."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from approvals.requests import decisions, services
from approvals.requests.asked import asked_in
from approvals.requests.forms import FilterForm, MailsForm, RejectForm
from approvals.requests.listing import tasks_page
from approvals.requests.models import ApprovalRequest, Mails, RequestState
from approvals.requests.pages import TaskDetail, task_detail
from approvals.requests.selectors import task_for
from myaccount.web.features import FeatureState, part_of, state_of
from myaccount.web.requests import PortalRequest, origin
from myaccount.web.signed_in import signed_in
from myaccount.web.step_up import require_step_up

FEATURE = "approvals.tasks"


@require_GET
@signed_in
@part_of("approvals")
def approvals(request: PortalRequest) -> HttpResponse:
    """Ready, Reserved, Completed, All; one's own requests where deciding is switched off."""
    if state_of(FEATURE, request.portal_settings) == FeatureState.OFF:
        return redirect("own-requests")
    return _list(request)


def _list(request: PortalRequest, mails: MailsForm | None = None) -> HttpResponse:
    filters = FilterForm(request.GET if mails is None else {})
    context = tasks_page(request, filters)
    context["mails_form"] = mails or MailsForm(initial={"mails": context["counts"].mails or Mails.AT_ONCE})
    context["can_change"] = state_of(FEATURE, request.portal_settings) == FeatureState.ON
    is_wrong = filters.has_errors or mails is not None
    return render(request, "approvals/tasks.html", context, status=422 if is_wrong else 200)


@require_POST
@signed_in
@part_of(FEATURE)
def choose_mails(request: PortalRequest) -> HttpResponse:
    """When to be mailed about tasks."""
    form = MailsForm(request.POST)
    if not form.is_valid():
        return _list(request, form)
    services.choose_mails(user=request.user, mails=Mails(form.cleaned_data["mails"]), now=timezone.now())
    messages.success(request, _("Your choice was saved."))
    return redirect("approvals")


@require_GET
@signed_in
@part_of(FEATURE)
def task(request: PortalRequest, pk: int) -> HttpResponse:
    """Everything about one task."""
    can_change = state_of(FEATURE, request.portal_settings) == FeatureState.ON
    return render(request, "approvals/task.html", {"task": _detail(request, pk), "can_change": can_change})


@require_http_methods(["GET", "POST"])
@signed_in
@part_of(FEATURE)
def claim(request: PortalRequest, pk: int) -> HttpResponse:
    """Reserve a task for oneself."""
    shown = _detail(request, pk)
    if request.method == "GET":
        return _confirm(request, shown, "claim", is_possible=shown.can_claim)
    act = partial(decisions.claim, task_pk=pk, by=request.user, origin=origin(request), now=timezone.now())
    done = _("You have claimed the task: nobody else can decide it until you release it.")
    return _act(request, pk, act, lambda _: messages.success(request, done), to="approval-task")


@require_http_methods(["GET", "POST"])
@signed_in
@part_of(FEATURE)
def release(request: PortalRequest, pk: int) -> HttpResponse:
    """Give a claimed task back."""
    shown = _detail(request, pk)
    if request.method == "GET":
        return _confirm(request, shown, "release", is_possible=shown.can_release)
    act = partial(decisions.release, task_pk=pk, by=request.user, origin=origin(request), now=timezone.now())
    done = _("You have released the task. Everybody who may decide sees it again.")
    return _act(request, pk, act, lambda _: messages.success(request, done))


@require_http_methods(["GET", "POST"])
@signed_in
@part_of(FEATURE)
@require_step_up
def approve(request: PortalRequest, pk: int) -> HttpResponse:
    """Agree to what is asked for."""
    shown = _detail(request, pk)
    if request.method == "GET":
        return _confirm(request, shown, "approve", is_possible=shown.can_approve)
    seen = request.POST.get("seen", "")
    act = partial(decisions.approve, task_pk=pk, by=request.user, seen=seen, origin=origin(request), now=timezone.now())
    return _act(request, pk, act, partial(_tell_of_approval, request, shown.request.title))


def _tell_of_approval(request: PortalRequest, title: str, approved: ApprovalRequest) -> None:
    words = {
        RequestState.WAITING: _("You have approved: %(title)s. Others have to agree, too."),
        RequestState.AGREED: _("You have approved: %(title)s. It is being carried out."),
        RequestState.APPROVED: _("You have approved: %(title)s. It has been carried out."),
        RequestState.FAILED: _("You have approved: %(title)s. It could not be carried out: %(reason)s"),
    }
    tell = messages.warning if approved.state == RequestState.FAILED else messages.success
    tell(request, words[RequestState(approved.state)] % {"title": title, "reason": approved.reason})


@require_http_methods(["GET", "POST"])
@signed_in
@part_of(FEATURE)
@require_step_up
def reject(request: PortalRequest, pk: int) -> HttpResponse:
    """Refuse what is asked for, with the reason."""
    shown = _detail(request, pk)
    form = RejectForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _confirm(request, shown, "reject", is_possible=shown.can_decide, form=form)
    now, reason = timezone.now(), form.cleaned_data["reason"]
    act = partial(decisions.reject, task_pk=pk, by=request.user, reason=reason, origin=origin(request), now=now)
    done = _("You have rejected: %(title)s.") % {"title": shown.request.title}
    return _act(request, pk, act, lambda _: messages.success(request, done))


def _detail(request: PortalRequest, pk: int) -> TaskDetail:
    others = asked_in(request).others
    found = task_for(request.user, pk, other_accounts=others)
    if found is None:
        raise Http404
    return task_detail(found, request.user, other_accounts=others)


def _confirm(
    request: PortalRequest, shown: TaskDetail, act: str, *, is_possible: bool, form: RejectForm | None = None
) -> HttpResponse:
    """Ask first; what is not possible any more, the task's page says."""
    if not is_possible:
        return redirect("approval-task", shown.number)
    status = 422 if form and form.has_errors else 200
    return render(request, f"approvals/confirm_{act}.html", {"task": shown, "form": form}, status=status)


def _act(
    request: PortalRequest, pk: int, act: Callable[[], Any], tell: Callable[[Any], None], *, to: str = "approvals"
) -> HttpResponse:
    """Do it, and tell of what came of it; or say why it was too late."""
    try:
        done = act()
    except decisions.NotACandidate:
        raise Http404 from None
    except decisions.CannotDecide as refused:
        messages.error(request, str(refused))
        return redirect("approval-task", pk)
    except decisions.ChangedMeanwhile:
        messages.warning(request, _("This has changed since you looked. Nothing was decided: look at it again."))
        return redirect("approval-task", pk)
    tell(done)
    return redirect(to, pk) if to == "approval-task" else redirect(to)
