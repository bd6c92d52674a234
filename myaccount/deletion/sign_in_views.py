"""On the way in to an account that is about to be deleted: keep it, or leave it to go."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from myaccount.deletion import farewell, services
from myaccount.deletion.selectors import day_of, under_way
from myaccount.deletion.stage import DELETION
from myaccount.web.requests import origin
from security.sign_in import flows


@require_GET
def keep_or_leave(request: HttpRequest) -> HttpResponse:
    """After everything else was shown: says when the account goes, and offers to keep it."""
    situation = flows.at_stage(request, DELETION, now=timezone.now())
    deletion = under_way(situation.user) if situation else None
    if situation is None or deletion is None:
        return redirect("sign-in")
    context = {"day": day_of(deletion.erase_at), "username": situation.user.username}
    return render(request, "deletion/keep_or_leave.html", context)


@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Keeps the account, and goes on with signing in."""
    now = timezone.now()
    situation = flows.at_stage(request, DELETION, now=now)
    if situation is None:
        return redirect("sign-in")
    if services.cancel(user=situation.user, origin=origin(request), now=now):
        messages.success(request, _("Your account stays. Nothing of it was deleted."))
    return flows.go_on(request, situation, now=now)


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Gives the sign-in up: the account goes when its time has come."""
    situation = flows.at_stage(request, DELETION, now=timezone.now())
    deletion = under_way(situation.user) if situation else None
    return farewell.say(request, deletion) if deletion else redirect("sign-in")
