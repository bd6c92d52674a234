"""A new password at sign-in, when an administrator has asked for one."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from myaccount.web.requests import origin
from security.password import services
from security.password.forms import NewPasswordForm
from security.sign_in import flows
from security.sign_in.stages import NEW_PASSWORD


@require_http_methods(["GET", "POST"])
def new_password(request: HttpRequest) -> HttpResponse:
    """Takes the new password after everything else was shown, and goes on with signing in."""
    now = timezone.now()
    situation = flows.at_stage(request, NEW_PASSWORD, now=now)
    if situation is None:
        return redirect("sign-in")
    form = NewPasswordForm(request.POST or None, user=situation.user)
    if form.is_valid():
        new = form.cleaned_data["new_password"]
        try:
            services.check_not_used_before(user=situation.user, password=new)
            services.meet_demand(user=situation.user, new=new, origin=origin(request), now=now)
        except ValidationError as reason:
            form.add_error("new_password", reason)
        else:
            return flows.resume(request, situation, now=now)
    context = {"form": form, "username": situation.user.username}
    return render(request, "security/new_password.html", context, status=422 if form.is_bound else 200)
