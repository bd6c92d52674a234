"""Changing one's password."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from myaccount.limits.services import TooManyAttempts
from myaccount.web import step_up
from myaccount.web.features import part_of
from myaccount.web.pages import render_page
from myaccount.web.redirects import to_section
from myaccount.web.requests import PortalRequest
from myaccount.web.signed_in import signed_in
from security.password import services
from security.password.forms import ChangePasswordForm


@require_GET
@signed_in
@part_of("security.change-password")
def edit_password(request: PortalRequest) -> HttpResponse:
    """Opens the row. Who has a second factor shows it first; the current password is asked for in the row."""
    if _lacks_second_factor(request):
        return step_up.redirect_to_confirm(request.get_full_path())
    return redirect(f"{reverse('security')}?edit=password#id_current_password")


@require_POST
@signed_in
@part_of("security.change-password")
def change_password(request: PortalRequest) -> HttpResponse:
    """Takes the current password and the new one. The current one is the fresh proof of identity, and beside it
    the second factor of who has one (security 20, 53)."""
    if _lacks_second_factor(request):
        return step_up.redirect_to_confirm(reverse("edit-password"))
    form = ChangePasswordForm(request.POST, user=request.user)
    if not (form.is_valid() and _change(request, form)):
        return render_page(request, "security", states={"change-password": {"form": form}}, status=422)
    messages.success(request, _("Your password was changed. Your other sessions were ended."))
    return to_section("security", "change-password")


def _lacks_second_factor(request: PortalRequest) -> bool:
    has_one = step_up.required_level(request.user) >= step_up.TWO_FACTORS
    return has_one and not step_up.is_confirmed(request, now=timezone.now())


def _change(request: PortalRequest, form: ChangePasswordForm) -> bool:
    now = timezone.now()
    new = form.cleaned_data["new_password"]
    try:
        services.check_current_password(
            request, user=request.user, password=form.cleaned_data["current_password"], now=now
        )
        services.check_not_used_before(user=request.user, password=new)
        services.change(request, user=request.user, new=new, now=now)
    except services.WrongPassword:
        form.add_error("current_password", _("That is not your current password."))
    except TooManyAttempts:
        form.add_error("current_password", _("There were too many tries. Wait a few minutes, then try again."))
    except ValidationError as reason:
        form.add_error("new_password", reason)
    except services.ChangedMeanwhile:
        form.add_error(None, _("Your password was changed somewhere else a moment ago. Nothing was changed here."))
    else:
        update_session_auth_hash(request, request.user)
        step_up.mark_confirmed(request.session, now=now, level=step_up.level_of(request.session))
        return True
    return False
