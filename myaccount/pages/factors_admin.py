"""A person's second factors in Django admin: seen without secrets, and removed when they are lost (security 88)."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from myaccount.users.models import User
from myaccount.users.signals import ChangeRefused
from myaccount.web import step_up
from myaccount.web.forms import validate_visible
from myaccount.web.requests import origin
from security.attempts import has_no_guesses_left
from security.factors import removal, selectors, services
from security.factors.sections import factor_rows


class RemoveForm(forms.Form):
    """Why a factor is removed; the person is told."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        help_text=gettext_lazy("The person reads it in the mail that tells them, and in their history."),
        widget=forms.TextInput(attrs={"class": "vTextField", "autofocus": True}),
        validators=[validate_visible],
    )


def factors(request: HttpRequest, pk: int, *, model_admin: admin.ModelAdmin[User]) -> HttpResponse:
    """What the person has; by POST, unlock codes that were closed after too many wrong ones."""
    person = _person(request, pk, model_admin)
    now = timezone.now()
    if request.method == "POST":
        if not step_up.is_confirmed(request, now=now):
            return step_up.redirect_to_confirm(request.path)
        services.unlock(user=person, by=cast("User", request.user), origin=origin(request), now=now)
        messages.success(request, _("Codes are accepted again."))
        return HttpResponseRedirect(request.path)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Second factors of %(username)s") % {"username": person.username},
        "opts": model_admin.opts,
        "original": person,
        "rows": factor_rows(person, now=now),
        "is_locked": has_no_guesses_left(person, now=now),
        "may_change": model_admin.has_change_permission(request, person),
    }
    return TemplateResponse(request, "admin/users/user/factors.html", context)


def remove_factor(
    request: HttpRequest, pk: int, authenticator: str, factor_pk: int, *, model_admin: admin.ModelAdmin[User]
) -> HttpResponse:
    """Remove a lost factor: with a reason, the person told, and signed out everywhere."""
    person = _person(request, pk, model_admin)
    if not model_admin.has_change_permission(request, person):
        raise PermissionDenied(_("You may look at this, but not change it."))
    factor = selectors.own_factor(person, authenticator, factor_pk)
    if factor is None:
        raise Http404
    now = timezone.now()
    if not step_up.is_confirmed(request, now=now):
        return step_up.redirect_to_confirm(request.path)
    form = RemoveForm(request.POST or None)
    if form.is_valid():
        name = removal.shown_name(factor)
        back = HttpResponseRedirect(reverse("admin:users_user_factors", args=[person.pk]))
        try:
            removal.remove(
                factor=factor,
                origin=origin(request),
                now=now,
                by=cast("User", request.user),
                reason=form.cleaned_data["reason"],
            )
        except ChangeRefused as refused:
            messages.error(request, str(refused))
            return back
        messages.success(request, _("“%(name)s” was removed, and the person was told.") % {"name": name})
        return back
    context: dict[str, Any] = {
        **model_admin.admin_site.each_context(request),
        "title": _("Remove “%(name)s”") % {"name": removal.shown_name(factor)},
        "opts": model_admin.opts,
        "original": person,
        "form": form,
        "is_last": removal.is_last(person, factor),
    }
    return TemplateResponse(
        request, "admin/users/user/remove_factor.html", context, status=422 if form.is_bound else 200
    )


def _person(request: HttpRequest, pk: int, model_admin: admin.ModelAdmin[User]) -> User:
    person = get_object_or_404(User, pk=pk)
    if not model_admin.has_view_permission(request, person):
        raise PermissionDenied(_("You may not look at this."))
    return person
