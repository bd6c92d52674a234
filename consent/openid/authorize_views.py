"""The authorisation endpoint: who it is, whether they agree, and then a code for the application."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from consent.applications.subjects import is_known_as
from consent.consents import services as consents
from consent.consents.forms import ConsentForm, MissingForm
from consent.consents.models import Consent
from consent.consents.selectors import Asking, application_claims, asking_of
from consent.openid import answers, live
from consent.openid.authentication import NeverEnough, is_recent, needs_second_factor, proof_in
from consent.openid.claims import Release, requested_names, with_meaning
from consent.openid.id_tokens import hinted
from consent.openid.requests import AuthorizationRequest, QueryOnlyCore, Refused, Unanswerable, read
from consent.openid.scopes import OFFLINE_ACCESS
from consent.openid.services import note_access
from consent.purposes.models import Controller
from myaccount.users.models import User
from myaccount.web import step_up
from myaccount.web.redirects import hop, to_sign_in_again
from myaccount.web.requests import origin
from profile.selectors import country_of
from security import known_browsers
from security.policy.selectors import missing_step

_REFUSED: Final = 422


@csrf_exempt
@require_http_methods(["GET", "POST"])
def authorize(request: HttpRequest) -> HttpResponse:
    """An application may send people by GET or by POST (OpenID Connect Core 1.0, 3.1.2.1).

    Another site's POST brings no cookie: it is turned into a GET. Ours says what the person decided, and is checked.
    """
    if request.method == "POST" and "decision" not in request.POST:
        return hop(request, f"{request.path}?{request.POST.urlencode()}")
    return _answer(request)


@csrf_protect
def _answer(request: HttpRequest) -> HttpResponse:
    """What is asked is read anew each time, from the query string; a form adds only what the person decided."""
    try:
        asked = read(request, _core())
    except Unanswerable as wrong:
        return answers.unanswerable(request, wrong.reason)
    except Refused as refused:  # by now the redirect URI is known to be the application's
        url = answers.refusal(request.GET["redirect_uri"], request.GET.get("state", ""), refused)
        return answers.to_application(request, url)
    try:
        return _Turn(request, asked, now=timezone.now()).answer()
    except Refused as refused:
        url = answers.refusal(asked.redirect_uri, asked.state, refused)
        return answers.to_application(request, url, name=asked.application.name)


@lru_cache(maxsize=1)
def _core() -> Any:
    core: type[Any] = QueryOnlyCore
    return core()


class _Turn:
    """One request, checked, of one browser. Its steps either answer it, raise Refused, or let it pass on."""

    def __init__(self, request: Any, asked: AuthorizationRequest, *, now: datetime) -> None:
        self.request, self.asked, self.now = request, asked, now
        self.application = asked.application
        self.decision: str = request.POST.get("decision", "")
        self.proof = proof_in(request.session)
        self.scopes: list[str] = []  # those asked for that mean something for this application

    def answer(self) -> HttpResponse:
        if not self.request.user.is_authenticated:
            return self._interrupted(self._to_sign_in())
        if not live.may_use(self.request.user, self.application):
            return self._keep_out()
        _check_person(self.request.user, self.asked)
        ask_for_proof = self._ask_for_proof()
        if ask_for_proof is not None:
            return self._interrupted(ask_for_proof)
        if self.decision == "deny":
            raise Refused("access_denied")
        rows = list(application_claims(self.application))
        self.scopes = with_meaning(self.asked.scopes, rows)
        release = requested_names(rows, self.asked.scopes, self.asked.claims)
        asking = asking_of(
            user=self.request.user,
            application=self.application,
            asked=[row for row in rows if row.claim.name in release.names],
            now=self.now,
        )
        if asking.missing:
            return self._ask_for_values(asking)
        if self._has_to_consent(asking):
            return self._ask_for_consent(asking, release)
        return self._let_in(release, asking.consent)

    # Who it is

    def _to_sign_in(self) -> HttpResponse:
        asked = self.asked
        next_path = asked.address_after_proof(now=self.now) if asked.wants_fresh_proof else asked.address()
        query = {"next": next_path}
        if hasattr(self.request, "session_ended_because"):
            query["ended"] = self.request.session_ended_because
        return HttpResponseRedirect(f"{reverse('sign-in')}?{urlencode(query)}")

    def _keep_out(self) -> HttpResponse:
        refused = Refused("access_denied", "The person may not use this application.")
        if self.asked.is_silent:
            raise refused
        back = answers.refusal(self.asked.redirect_uri, self.asked.state, refused)
        return answers.not_for_you(self.request, self.application, back)

    def _ask_for_proof(self) -> HttpResponse | None:
        """Where the person has to prove more, or anew, who they are; None when what they have shown is enough."""
        request, asked, proof = self.request, self.asked, self.proof
        if self.application.has_chain and missing_step(
            request.user,
            proof.shown,
            application=self.application.client_id,
            is_known_browser=bool(known_browsers.browser_of(request, request.user)),
        ):
            return to_sign_in_again(asked.address())
        essential = asked.essential_contexts
        wanted = essential or asked.preferred_contexts
        try:
            lacks_factor = needs_second_factor(proof, request.user, wanted=wanted, is_essential=bool(essential))
        except NeverEnough as error:
            raise Refused("unmet_authentication_requirements") from error
        if asked.is_silent and not essential:
            lacks_factor = False  # it would have been nice
        since = asked.proof_asked_for_at()
        is_fresh = since is not None and proof.is_of_this_account and proof.at > since
        is_enough = is_fresh or (not asked.wants_fresh_proof and is_recent(proof, max_age=asked.max_age, now=self.now))
        if is_enough and not lacks_factor:
            return None
        return step_up.redirect_to_confirm(asked.address_after_proof(now=self.now))

    def _interrupted(self, response: HttpResponse) -> HttpResponse:
        if self.asked.is_silent:
            raise Refused("login_required")
        return response

    # Whether they agree

    def _has_to_consent(self, asking: Asking) -> bool:
        """Whether the page is shown, or its form read: never because of what the form itself holds."""
        known = asking.consent.scope.split() if asking.consent else []
        is_newly_offline = OFFLINE_ACCESS in self.asked.scopes and OFFLINE_ACCESS not in known
        return asking.needs_page or is_newly_offline or "consent" in self.asked.prompt

    def _ask_for_values(self, asking: Asking) -> HttpResponse:
        if self.asked.is_silent:
            raise Refused("interaction_required")
        is_sent, user = self.decision == "allow", self.request.user
        form = MissingForm(asking, self.request.POST if is_sent else None, region=country_of(user))
        if is_sent and form.is_valid():
            is_there = consents.store_missing(
                user=user, values=form.values(), origin=origin(self.request), now=self.now
            )
            if not is_there:
                messages.info(self.request, _("Your change waits for approval. Sign in here again afterwards."))
            return HttpResponseRedirect(self.asked.address())
        context = {"form": form, "asking": asking, "application": self.application}
        return render(self.request, "consent/missing.html", context, status=_REFUSED if is_sent else 200)

    def _ask_for_consent(self, asking: Asking, release: Release) -> HttpResponse:
        if self.asked.is_silent:
            raise Refused("consent_required")
        is_sent = self.decision == "allow"
        form = ConsentForm(asking, self.request.POST if is_sent else None)
        if is_sent and form.is_valid():
            with transaction.atomic():
                consent = consents.give(
                    user=self.request.user,
                    asking=asking,
                    granted=form.granted,
                    scope=" ".join(self.scopes),
                    valid_until=form.valid_until,
                    origin=origin(self.request),
                    now=self.now,
                )
                return self._let_in(release, consent)
        context = {
            "form": form,
            "asking": asking,
            "application": self.application,
            "controller": Controller.objects.filter(pk=1).first() or Controller(),
            "is_offline": OFFLINE_ACCESS in self.asked.scopes,
            "another_account": to_sign_in_again(self.asked.address()).url,
        }
        return render(self.request, "consent/ask.html", context, status=_REFUSED if is_sent else 200)

    @transaction.atomic
    def _let_in(self, release: Release, consent: Consent | None) -> HttpResponse:
        assert consent is not None  # noqa: S101 (without one the page is shown)
        request, asked = self.request, self.asked
        binding = {
            "login_session": request.login_session,
            "is_offline": OFFLINE_ACCESS in asked.scopes,
            "release": release.stored(),
            "authentication": self.proof.told(asked.accepted_contexts),
        }
        # Keys beside oauthlib's own become attributes of its request, which the validator gets.
        credentials = {**asked.credentials, "binding": binding, "client": self.application, "ui_locales": ""}
        url, *_rest = _core().create_authorization_response(request, self.scopes, credentials, allow=True)
        note_access(
            login_session=request.login_session,
            application=self.application,
            user=request.user,
            origin=origin(request),
            now=self.now,
        )
        consents.note_use(consent=consent, scope=" ".join(self.scopes), now=self.now)
        return answers.to_application(request, url, name=self.application.name)


def _check_person(user: User, asked: AuthorizationRequest) -> None:
    """Refuse to answer for somebody else than the application means (OpenID Connect Core 1.0, 3.1.2.1 and 5.5.1)."""
    hint = asked.query.get("id_token_hint", "")
    wanted = {asked.subject} if asked.subject else set()
    if hint:
        meant = hinted(hint)
        if meant is None:
            raise Refused("invalid_request", "The id_token_hint is none of ours.")
        wanted.add(meant.subject)
    if not all(is_known_as(subject, user, asked.application) for subject in wanted):
        raise Refused("login_required", "Somebody else is signed in.")
