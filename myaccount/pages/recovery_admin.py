"""Getting a person back in, from Django admin: a link they alone receive, or a new password at the next sign-in.

No administrator ever sees or sets a password (security 48).
"""

from __future__ import annotations

from typing import cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from myaccount.users.models import User
from myaccount.web import step_up
from myaccount.web.requests import origin
from security.password import services as passwords
from security.recovery import services as recovery
from security.recovery.selectors import addresses_of


def recover(request: HttpRequest, pk: int, *, model_admin: admin.ModelAdmin[User]) -> HttpResponse:
    """What can be done; by POST, one of it."""
    person = get_object_or_404(User, pk=pk)
    if not model_admin.has_change_permission(request, person):
        raise PermissionDenied(_("You may look at this, but not change it."))
    now = timezone.now()
    if request.method == "POST":
        if not step_up.is_confirmed(request, now=now):
            return step_up.redirect_to_confirm(request.path)
        _act(request, person)
        return HttpResponseRedirect(request.path)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Account recovery of %(username)s") % {"username": person.username},
        "opts": model_admin.opts,
        "original": person,
        "has_address": bool(addresses_of(person)),
        "is_demanded": passwords.is_demanded(person),
    }
    return TemplateResponse(request, "admin/users/user/recovery.html", context)


def _act(request: HttpRequest, person: User) -> None:
    by, now = cast("User", request.user), timezone.now()
    if "send" in request.POST:
        if recovery.send_by_administrator(user=person, by=by, origin=origin(request), now=now):
            messages.success(request, _("A link to set a new password is on its way to their proven addresses."))
        else:
            messages.error(request, _("They have no proven address, so no link can be sent."))
    elif "demand" in request.POST:
        passwords.demand(user=person, by=by, origin=origin(request), now=now)
        messages.success(request, _("They will be asked for a new password at their next sign-in."))
