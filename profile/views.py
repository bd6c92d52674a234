"""Changing one's attributes, each in its row."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

import profile.services as services
from myaccount.claims.selectors import editable_claim
from myaccount.operations.messages import tell
from myaccount.operations.registry import OperationImpossible
from myaccount.operations.services import Done
from myaccount.web.features import part_of
from myaccount.web.pages import render_page
from myaccount.web.redirects import to_section
from myaccount.web.requests import PortalRequest, origin
from myaccount.web.signed_in import signed_in
from profile.forms import AttributeForm
from profile.selectors import country_of
from profile.services import PROVEN, ChangedMeanwhile, fingerprint
from profile.values import shown_value


@require_POST
@signed_in
@part_of("personal-info.profile")
def change_attribute(request: PortalRequest, name: str) -> HttpResponse:
    """Save one attribute."""
    claim = editable_claim(name)
    if claim is None or name in PROVEN:
        raise Http404
    form = AttributeForm(request.POST, claim=claim, region=country_of(request.user))
    if not form.is_valid():
        state = {"editing": name, "form": form}
        return render_page(request, "personal-info", states={"profile": state}, status=422)
    value = form.cleaned_data["value"]
    try:
        outcome = services.change_attribute(
            user=request.user,
            claim=claim,
            value=value,
            opened_with=form.cleaned_data["opened_with"],
            origin=origin(request),
            now=timezone.now(),
        )
    except ChangedMeanwhile as conflict:
        context = {
            "claim": claim,
            "typed": value,
            "typed_shown": shown_value(claim, value),
            "current_shown": shown_value(claim, conflict.current),
            "opened_with": fingerprint(conflict.current),
        }
        return render(request, "profile/conflict.html", context, status=409)
    except OperationImpossible as impossible:
        messages.error(request, str(impossible))
        return to_section("personal-info", name)
    if outcome != Done(result=False):
        with translation.override(request.user.language or translation.get_language()):  # perhaps just chosen
            tell(request, outcome, _("%(label)s was updated.") % {"label": claim.shown_label})
    return to_section("personal-info", name)
