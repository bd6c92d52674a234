"""What the pages show of the profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from myaccount.claims.models import ClaimType
from myaccount.operations.messages import are_requests_shown
from myaccount.web.features import FeatureState, state_of
from myaccount.web.pages import Section
from myaccount.web.requests import PortalRequest
from profile.forms import AttributeForm, CodeForm
from profile.selectors import ProfilePage, profile_page
from profile.services import PROVEN, fingerprint


def _load(request: PortalRequest, state: Mapping[str, Any]) -> Mapping[str, Any]:
    can_change = state_of("personal-info.profile", request.portal_settings) == FeatureState.ON
    page = profile_page(
        request.user,
        session_uuid=request.login_session.uuid,
        can_change=can_change,
        are_requests_shown=are_requests_shown(request),
        now=timezone.now(),
    )
    editing = state.get("editing") or request.GET.get("edit", "")
    form = state.get("form")
    if form is None and can_change:
        form = _form(page, editing)
    return {
        "rows": page.rows,
        "editing": editing if form is not None else "",
        "form": form,
        "code_forms": _code_forms(state) if any(row.pending for row in page.rows) else {},
        "proving": state.get("proving", ""),
        "proven": PROVEN,
        "proof_is_asked": request.portal_settings.prove_contact_changes,
        "can_change_picture": state_of("personal-info.picture", request.portal_settings) == FeatureState.ON,
    }


def _code_forms(state: Mapping[str, Any]) -> dict[str, CodeForm]:
    """A form for the code of each kind, since both may wait at once; the one just sent with its errors."""
    forms = {kind: CodeForm(auto_id=f"id_{kind}_%s") for kind in PROVEN}
    if state.get("code_form"):
        forms[state["proving"]] = state["code_form"]
    return forms


def _form(page: ProfilePage, name: str) -> AttributeForm | None:
    """The form of an attribute people may change, filled with its value; None for any other name."""
    claim = page.claims.get(name)
    if claim is None or claim.is_fixed:
        return None
    value = page.stored[name]
    initial = value == "true" if claim.type == ClaimType.BOOLEAN else value
    return AttributeForm(claim=claim, initial={"value": initial, "opened_with": fingerprint(value)})


PROFILE = Section(
    id="profile",
    title=_("Profile"),
    explanation=_("These details may be shared with applications, but only if you agree."),
    template="profile/sections/profile.html",
    load=_load,
    feature_id="personal-info.profile",
)
