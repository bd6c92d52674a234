"""Choosing security questions, changing one of them, and removing them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from myaccount.web.features import part_of
from myaccount.web.redirects import to_section
from myaccount.web.requests import PortalRequest, origin
from myaccount.web.signed_in import signed_in
from myaccount.web.step_up import require_step_up
from security.recovery.questions import selectors, services
from security.recovery.questions.forms import ChooseQuestionsForm
from security.recovery.questions.selectors import Offer
from security.recovery.selectors import recovery_settings

P = ParamSpec("P")

FEATURE: Final = "security.recovery"
SECTION: Final = "recovery"


def while_offered(
    view: Callable[Concatenate[PortalRequest, P], HttpResponse],
) -> Callable[Concatenate[PortalRequest, P], HttpResponse]:
    """Not found while the organisation does not let people recover their account by questions (security 49)."""

    @wraps(view)
    def guarded(request: PortalRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not recovery_settings().question_recovery:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@require_http_methods(["GET", "POST"])
@signed_in
@part_of(FEATURE)
@require_step_up
@while_offered
def edit_all(request: PortalRequest) -> HttpResponse:
    """One question to choose from each set, and its answer; only what has not been answered yet."""
    sent = request.POST if request.method == "POST" else {}  # what was open when the form was sent
    every = selectors.offers(request.user)
    offers = [offer for offer in every if offer.chosen is None or f"opened_{offer.set_pk}" in sent]
    if not offers:
        messages.info(request, _("There is nothing more to choose. You can change each question by its pencil."))
        return to_section("security", SECTION)
    return _edit(request, offers, is_new=True)


@require_http_methods(["GET", "POST"])
@signed_in
@part_of(FEATURE)
@require_step_up
@while_offered
def edit_one(request: PortalRequest, pk: int) -> HttpResponse:
    """The question of one set: another question, or another answer to the same."""
    offers = [offer for offer in selectors.offers(request.user) if offer.set_pk == pk]
    if not offers:
        raise Http404
    return _edit(request, offers, is_new=offers[0].chosen is None)


@require_http_methods(["GET", "POST"])
@signed_in
@part_of(FEATURE)
@require_step_up
@while_offered
def remove(request: PortalRequest) -> HttpResponse:
    """Forget all answers; asks first."""
    if request.method == "GET":
        return render(request, "security/questions/remove.html")
    services.remove_answers(user=request.user, origin=origin(request), now=timezone.now())
    messages.success(request, _("Your security questions were removed."))
    return to_section("security", SECTION)


def _edit(request: PortalRequest, offers: Sequence[Offer], *, is_new: bool) -> HttpResponse:
    language = selectors.language_of(request.user)
    form = ChooseQuestionsForm(request.POST if request.method == "POST" else None, offers=offers, language=language)
    if form.is_valid():
        done = _save(request, form)
        if done:
            return done
    context = {"form": form, "is_new": is_new, "count": len(offers)}
    return render(request, "security/questions/edit.html", context, status=422 if form.is_bound else 200)


def _save(request: PortalRequest, form: ChooseQuestionsForm) -> HttpResponse | None:
    """Keep the answers; None if one of them will not do, with the reason in the form."""
    try:
        services.save_answers(
            user=request.user,
            answers=form.answers(),
            opened_with=form.opened_with(),
            origin=origin(request),
            now=timezone.now(),
        )
    except services.AnswersRefused as refused:
        form.refuse(refused.reasons)
        return None
    except services.ChangedMeanwhile:
        messages.error(request, _("Your security questions were changed elsewhere meanwhile. Nothing was saved."))
    else:
        messages.success(request, _("Your security questions were saved."))
    return to_section("security", SECTION)
