"""Leads people to an identity provider and takes what they bring back."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from linked_accounts.federated import asked, people, selectors, services
from linked_accounts.federated.adapters import AnswerRefused, Proven, Provider, ProviderUnavailable, Registration
from linked_accounts.federated.asked import Purpose
from linked_accounts.federated.models import IdentityProvider
from myaccount.limits import services as limits
from myaccount.limits.services import Rule, TooManyAttempts
from myaccount.operations import services as operations
from myaccount.operations.registry import OperationImpossible
from myaccount.users.models import User
from myaccount.web import encryption, step_up
from myaccount.web.features import FeatureState, state_of
from myaccount.web.redirects import go_to, hop, safe_next, to_section
from myaccount.web.requests import PortalRequest, client_address, origin
from myaccount.web.step_up import redirect_to_confirm
from security.attempts import network_of
from security.factors.kinds import Authenticator
from security.sign_in import flows as sign_in
from security.sign_in import services as sign_in_services

logger = logging.getLogger(__name__)

FEATURE: Final = "personal-info.linked-accounts"
SECTION: Final = "linked-accounts"
# Keeps somebody from having us ask providers without end. What never came back is forgotten within the longest pause.
PER_PLACE: Final = Rule(
    free_attempts=200, first_pause=timedelta(minutes=1), longest_pause=timedelta(minutes=5),
    forgotten_after=timedelta(minutes=5),
)  # fmt: skip
_CODE_LENGTH: Final = 4000


def begin(request: HttpRequest, slug: str, purpose: Purpose, *, next_path: str, now: datetime) -> HttpResponse:
    """On to the provider. Who never comes back from there is counted, by network or, once signed in, by themselves."""
    provider = selectors.active_provider(slug)
    if provider is None or (purpose is not Purpose.CONNECT and not provider.may_sign_in):
        raise Http404
    return _ask(request, provider, purpose, next_path=next_path, anew=purpose is Purpose.CONFIRM, now=now)


def _ask(
    request: HttpRequest, provider: IdentityProvider, purpose: Purpose, *, next_path: str, anew: bool, now: datetime
) -> HttpResponse:
    budget = _budget(request, purpose)
    try:
        limits.reserve({budget: PER_PLACE}, now=now)
    except TooManyAttempts:
        return _problem(request, provider, purpose, "too_many", next_path, status=429)
    try:
        question = _client(provider).ask(anew=anew)
    except ProviderUnavailable as error:
        limits.give_back(budget)
        return _unavailable(request, provider, purpose, error, next_path)
    login_session = getattr(request, "login_session", None)
    is_signed_in = purpose is not Purpose.SIGN_IN and login_session is not None
    asked.keep(
        request.session,
        asked.Request(
            purpose=purpose.value,
            provider=provider.pk,
            state=question.state,
            nonce=question.nonce,
            verifier=question.verifier,
            at=now.timestamp(),
            next=next_path,
            user_uuid=str(request.user.uuid) if is_signed_in else "",  # type: ignore[union-attr]
            session_uuid=str(login_session.uuid) if is_signed_in and login_session else "",
            budget=budget,
            anew=anew,
        ),
    )
    return hop(request, question.url, name=provider.name)


def finish(request: HttpRequest, slug: str, *, now: datetime) -> HttpResponse:
    """What the provider sent the browser back with: believed only as the answer to what this browser asked."""
    question = asked.take(request.session, request.GET.get("state", ""), now=now)
    provider = selectors.active_provider(slug)
    if question is None or provider is None or provider.pk != question.provider:
        return _problem(request, provider, Purpose.SIGN_IN, "not_asked", "", status=400)
    purpose = Purpose(question.purpose)
    if not _is_still_theirs(request, question) or (purpose is not Purpose.CONNECT and not provider.may_sign_in):
        return _problem(request, provider, purpose, "not_asked", question.next, status=400)
    proven = _proven(request, provider, question, now=now)
    if isinstance(proven, HttpResponse):
        return proven
    if purpose is Purpose.CONNECT:
        return _ask_whether(request, provider, proven, now=now)
    if purpose is Purpose.CONFIRM:
        return _confirm(request, provider, proven, question.next, now=now)
    return _sign_in(request, provider, proven, question.next, now=now)


def _proven(
    request: HttpRequest, provider: IdentityProvider, question: asked.Request, *, now: datetime
) -> Proven | HttpResponse:
    """Who it is, or the page that says why that is not known. Only what is not believed stays counted."""
    try:
        answer = _believed(request, provider, question)
    except AnswerRefused as refused:
        user = request.user if isinstance(request.user, User) else None
        services.note_refusal(user=user, provider=provider, why=str(refused), origin=origin(request), now=now)
        return _problem(request, provider, Purpose(question.purpose), "refused", question.next, status=400)
    limits.give_back(question.budget)
    return answer


def _believed(request: HttpRequest, provider: IdentityProvider, question: asked.Request) -> Proven | HttpResponse:
    """Who it is, or the page that says why nobody could be asked. Raises AnswerRefused."""
    purpose = Purpose(question.purpose)
    try:
        client = _client(provider)
        client.check_sender(request.GET.get("iss"))
        if request.GET.get("error") == "access_denied":
            return _cancelled(request, provider, purpose, question.next)
        return client.prove(code=_code(request), verifier=question.verifier, nonce=question.nonce, anew=question.anew)
    except ProviderUnavailable as error:
        return _unavailable(request, provider, purpose, error, question.next)


def _ask_whether(request: HttpRequest, provider: IdentityProvider, proven: Proven, *, now: datetime) -> HttpResponse:
    """Whom the provider knows need not be who is asked: another, on a shared computer. So they look first."""
    if state_of(FEATURE, request.portal_settings) is not FeatureState.ON:  # type: ignore[attr-defined]
        raise Http404
    identity = selectors.identity_of(proven.issuer, proven.subject)
    if identity is not None and identity.user != request.user:
        return _is_taken(request, provider, now=now)
    found = asked.Found(
        provider=provider.pk,
        issuer=proven.issuer,
        subject=proven.subject,
        account_name=selectors.account_name(proven.claims),
        at=now.timestamp(),
        session_uuid=str(request.login_session.uuid),  # type: ignore[attr-defined]
    )
    asked.keep_found(request.session, found)
    return HttpResponseRedirect(reverse("connect-found-identity"))


def connect(request: PortalRequest, *, now: datetime) -> HttpResponse:
    """The page that shows what would be connected, and by POST connects it."""
    found = asked.found(request.session, now=now)
    provider = selectors.provider_of(found) if found else None
    if found is None or provider is None or found.session_uuid != str(request.login_session.uuid):
        return _problem(request, provider, Purpose.CONNECT, "not_asked", "", status=400)
    if request.method == "GET":
        account = found.account_name or found.subject
        context = {"provider": provider, "account": account, "person": request.user}
        return render(request, "linked_accounts/federated/confirm_connect.html", context)
    asked.forget_found(request.session)
    proven = Proven(found.issuer, found.subject, {"preferred_username": found.account_name})
    try:
        services.connect(user=request.user, provider=provider, proven=proven, origin=origin(request), now=now)
    except services.IdentityTaken:
        return _is_taken(request, provider, now=now)
    messages.success(request, _("Your account at %(name)s is connected.") % {"name": provider.name})
    return to_section("personal-info", SECTION)


def _is_taken(request: HttpRequest, provider: IdentityProvider, *, now: datetime) -> HttpResponse:
    user, why = cast("User", request.user), "connected with another account"
    services.note_refusal(user=user, provider=provider, why=why, origin=origin(request), now=now)
    return _problem(request, provider, Purpose.CONNECT, "taken", "", status=409)


def _confirm(
    request: HttpRequest, provider: IdentityProvider, proven: Proven, next_path: str, *, now: datetime
) -> HttpResponse:
    """The same person at the same provider, just now. Whoever has a second factor still shows that (security 53)."""
    user = cast("User", request.user)
    identity = selectors.identity_of(proven.issuer, proven.subject)
    if identity is None or identity.user_id != user.pk:
        sign_in_services.not_confirmed(request, user=user, now=now)
        return _problem(request, provider, Purpose.CONFIRM, "other", next_path, status=403)
    if step_up.required_level(user) > step_up.ONE_FACTOR:
        return redirect_to_confirm(safe_next(next_path))
    services.note_use(identity_pk=identity.pk, now=now)
    sign_in_services.confirmed(request, user=user, level=step_up.ONE_FACTOR, shown=Authenticator.FEDERATED, now=now)
    return go_to(request, safe_next(next_path))


def _sign_in(
    request: HttpRequest, provider: IdentityProvider, proven: Proven, next_path: str, *, now: datetime
) -> HttpResponse:
    """The person whose identity it is goes through the same stages as with a password (security 6, 52)."""
    identity = selectors.identity_of(proven.issuer, proven.subject)
    if identity is None and provider.may_create_accounts:
        refusal = people.refusal_of(proven)
        if refusal is not None:
            return _problem(request, provider, Purpose.SIGN_IN, "rejected", next_path, status=403, why=refusal.reason)
        try:
            done = operations.submit(people.submission(provider, proven), origin=origin(request), now=now)
        except OperationImpossible:  # somebody was quicker: perhaps this person, in another tab
            done = None
        if isinstance(done, operations.Waiting):
            return _problem(request, provider, Purpose.SIGN_IN, "waiting", next_path, status=200)
        identity = selectors.identity_of(proven.issuer, proven.subject)
    if identity is None or not identity.user.is_active or identity.provider_id != provider.pk:
        # A disabled account looks like none (security 6).
        return _problem(request, provider, Purpose.SIGN_IN, "unknown", next_path, status=403)
    try:
        return sign_in.begin(
            request,
            user=identity.user,
            method=Authenticator.FEDERATED,
            next_path=next_path,
            proven_at=proven.shown_at,
            came_by={"identity": identity.pk, "account_name": selectors.account_name(proven.claims)},
            now=now,
        )
    except sign_in_services.ProofTooOld:
        return _ask(request, provider, Purpose.SIGN_IN, next_path=next_path, anew=True, now=now)


def _client(provider: IdentityProvider) -> Provider:
    try:
        secret = encryption.decrypt(provider.client_secret).decode() if provider.client_secret else ""
    except encryption.CannotDecrypt as error:
        raise ProviderUnavailable("its client secret cannot be decrypted") from error
    return Provider(registration(provider, secret))


def registration(provider: IdentityProvider, secret: str) -> Registration:
    """What we are to a provider."""
    return Registration(
        issuer=provider.issuer,
        client_id=provider.client_id,
        client_secret=secret,
        scopes=provider.scopes,
        redirect_uri=selectors.redirect_uri(provider.slug),
        allows_private=settings.PRIVATE_ADDRESSES_ALLOWED,
    )


def _is_still_theirs(request: HttpRequest, question: asked.Request) -> bool:
    """Whether what was begun while signed in comes back to the same person in the same session (security 73)."""
    if question.purpose == Purpose.SIGN_IN:
        return True
    login_session = getattr(request, "login_session", None)
    return (
        isinstance(request.user, User)
        and login_session is not None
        and (question.user_uuid, question.session_uuid) == (str(request.user.uuid), str(login_session.uuid))
    )


def _code(request: HttpRequest) -> str:
    code = request.GET.get("code", "")
    if request.GET.get("error") or not code or len(code) > _CODE_LENGTH:
        raise AnswerRefused(f"error {request.GET['error'][:100]}" if request.GET.get("error") else "no code")
    return code


def _cancelled(request: HttpRequest, provider: IdentityProvider, purpose: Purpose, next_path: str) -> HttpResponse:
    text = _("Nothing was done: you cancelled it at %(name)s, or it did not let you through.")
    messages.info(request, text % {"name": provider.name})
    return HttpResponseRedirect(_back(purpose, next_path))


def _back(purpose: Purpose, next_path: str) -> str:
    if purpose is Purpose.CONNECT:
        return to_section("personal-info", SECTION).url
    if purpose is Purpose.CONFIRM:
        return redirect_to_confirm(safe_next(next_path)).url
    is_own = bool(next_path) and safe_next(next_path) == next_path
    return f"{reverse('sign-in')}?{urlencode({'next': next_path})}" if is_own else reverse("sign-in")


def _unavailable(
    request: HttpRequest, provider: IdentityProvider, purpose: Purpose, error: ProviderUnavailable, next_path: str
) -> HttpResponse:
    """Why is for the log alone."""
    logger.warning("identity provider %s cannot be used: %s", provider.slug, error)
    return _problem(request, provider, purpose, "unavailable", next_path, status=503)


def _problem(
    request: HttpRequest,
    provider: IdentityProvider | None,
    purpose: Purpose,
    problem: str,
    next_path: str,
    *,
    status: int,
    why: str = "",
) -> HttpResponse:
    context = {
        "provider": provider.name if provider else "",
        "problem": problem,
        "why": why,
        "is_sign_in": purpose is Purpose.SIGN_IN,
        "back": _back(purpose, next_path),
    }
    return render(request, "linked_accounts/federated/problem.html", context, status=status)


def _budget(request: HttpRequest, purpose: Purpose) -> str:
    user = request.user if isinstance(request.user, User) and purpose is not Purpose.SIGN_IN else None
    return f"identity-providers:{user.uuid if user else network_of(client_address(request))}"
