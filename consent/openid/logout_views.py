"""Signing out that an application starts (OpenID Connect RP-Initiated Logout 1.0)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from consent.applications.models import Application
from consent.openid import answers, live
from consent.openid.id_tokens import Hint, hinted
from consent.openid.requests import Unanswerable, check_scheme
from myaccount.activity.kinds import EventKind
from myaccount.activity.services import record
from myaccount.web.redirects import hop, to_signed_out
from myaccount.web.requests import PortalRequest, origin
from security.sign_in import services as sign_in
from sessions_app.services import LoginSession

_PARAMETERS = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales")


@dataclass(frozen=True)
class LogoutRequest:
    """What was asked, checked. `back` is where the person goes afterwards, empty for a page of ours."""

    application: Application | None
    hint: Hint | None
    back: str
    query: str

    def is_about(self, login_session: LoginSession) -> bool:
        """Whether a token of ours says that the application means just this session."""
        return self.hint is not None and self.hint.session_uuid == str(login_session.uuid)


@csrf_exempt
@require_http_methods(["GET", "POST"])
def logout(request: HttpRequest) -> HttpResponse:
    """Ends this browser's session at once where a token of ours shows that the application means it; asks otherwise.

    Another site's POST brings no cookie: it is turned into a GET, and changes nothing by itself.
    """
    if request.method == "POST":
        return hop(request, f"{request.path}?{_kept(request.POST)}")
    try:
        asked = _read(request.GET)
    except Unanswerable as wrong:
        return answers.unanswerable(request, wrong.reason)
    login_session: LoginSession | None = request.login_session  # type: ignore[attr-defined]
    if login_session is None:
        return _gone(request, asked)
    if asked.is_about(login_session):
        return _end(request, asked, login_session)
    context = {"application": asked.application, "action": f"{reverse('confirm-openid-logout')}?{asked.query}"}
    return render(request, "openid/confirm_logout.html", context)


@require_POST
def confirm_logout(request: HttpRequest) -> HttpResponse:
    """The person says so themselves."""
    try:
        asked = _read(request.GET)
    except Unanswerable as wrong:
        return answers.unanswerable(request, wrong.reason)
    login_session: LoginSession | None = request.login_session  # type: ignore[attr-defined]
    return _gone(request, asked) if login_session is None else _end(request, asked, login_session)


def _read(query: QueryDict) -> LogoutRequest:
    """Raises Unanswerable: nobody is sent to an address that is not the application's, to the letter (security 84)."""
    hint_text, client_id = query.get("id_token_hint", ""), query.get("client_id", "")
    hint = hinted(hint_text) if hint_text else None
    if hint_text and (hint is None or client_id not in ("", hint.client_id)):
        raise Unanswerable(_("What it says about you is none of our words, or those to another application."))
    known_as = hint.client_id if hint else client_id
    application = live.application(known_as)
    back, state = query.get("post_logout_redirect_uri", ""), query.get("state", "")
    if back and (application is None or back not in application.post_logout_redirect_uris.split()):
        raise Unanswerable(_("The address it wants you sent to is not registered."))
    if back:
        check_scheme(back)
    if back and state:
        back = answers.with_parameters(back, {"state": state})
    return LogoutRequest(application, hint, back, _kept(query))


def _kept(query: QueryDict) -> str:
    return urlencode({name: query[name] for name in _PARAMETERS if name in query})


@transaction.atomic
def _end(request: PortalRequest | HttpRequest, asked: LogoutRequest, login_session: LoginSession) -> HttpResponse:
    now = timezone.now()
    if asked.application is not None:
        data = {"application": asked.application.name}
        record(EventKind.APPLICATION_SIGNED_OUT, user=login_session.user, origin=origin(request), now=now, data=data)
    sign_in.sign_out(request, login_session=login_session, now=now)
    return _gone(request, asked)


def _gone(request: HttpRequest, asked: LogoutRequest) -> HttpResponse:
    if not asked.back:
        return to_signed_out()
    response = answers.to_application(request, asked.back, name=asked.application.name if asked.application else "")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response
