"""Changing one's password."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from myaccount.limits.services import TooManyAttempts
from myaccount.web import step_up
from myaccount.web.features import part_of
from myaccount.web.pages import render_page
from myaccount.web.redirects import to_section
from myaccount.web.requests import PortalRequest
from myaccount.web.signed_in import signed_in
from security.password import services
from security.password.forms import ChangePasswordForm


@require_POST
@signed_in
@part_of("security.change-password")
def change_password(request: PortalRequest) -> HttpResponse:
    """Takes the current password and the new one. The current one is the fresh proof of identity."""
    form = ChangePasswordForm(request.POST, user=request.user)
    if not (form.is_valid() and _change(request, form)):
        return render_page(request, "security", states={"change-password": {"form": form}}, status=422)
    messages.success(request, _("Your password was changed. Your other sessions were ended."))
    return to_section("security", "change-password")


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
        step_up.mark_confirmed(request.session, now=now)
        return True
    return False
