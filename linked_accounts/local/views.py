"""Adding a linked account, removing one, and switching between them."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from linked_accounts.local import flows, selectors, services
from linked_accounts.local.forms import AddAccountForm
from linked_accounts.local.models import LocalLink
from myaccount.users.backends import AccountNotMadeYet
from myaccount.web.features import part_of
from myaccount.web.redirects import to_section, to_signed_out
from myaccount.web.requests import PortalRequest, origin
from myaccount.web.signed_in import signed_in
from myaccount.web.step_up import require_step_up
from security import pending
from security.captcha import services as captcha
from security.factors.kinds import Authenticator
from security.sign_in import flows as sign_in_flows
from security.sign_in import second_step, second_step_views
from security.sign_in import services as sign_in

_FEATURE = "personal-info.linked-accounts"
_SECTION = ("personal-info", "linked-accounts")
_REFUSED = 422


@require_http_methods(["GET", "POST"])
@signed_in
@part_of(_FEATURE)
@require_step_up
def add(request: PortalRequest) -> HttpResponse:
    """Takes the username and the password of the other account."""
    form = AddAccountForm(request.POST or None)
    offers_captcha = False
    if form.is_valid():
        try:
            return _begin(request, form)
        except AccountNotMadeYet:
            form.add_error(None, _("This account still waits for approval. Link it once it is there."))
        except sign_in.SignInRefused:
            services.refused(user=request.user, origin=origin(request), now=timezone.now())
            offers_captcha = True
            form.add_error(
                None,
                _(
                    "That did not work. The username or the password is wrong, or there were too many tries. "
                    "Check both and try again, or wait a few minutes."
                ),
            )
        except (services.LinkRefused, flows.SomethingToDoThere) as refused:
            form.add_error(None, _why(refused))
    context = {"form": form, "offers_captcha": offers_captcha}
    return render(request, "linked_accounts/add.html", context, status=_REFUSED if form.is_bound else 200)


def _begin(request: PortalRequest, form: AddAccountForm) -> HttpResponse:
    now = timezone.now()
    is_past_captcha = _is_past_captcha(request)
    other = sign_in.check_password(
        request, now=now, is_past_captcha=is_past_captcha, is_for_link=True, **form.cleaned_data
    )
    return _linked(request, is_linked=flows.begin(request, other=other, now=now))


def _linked(request: PortalRequest, *, is_linked: bool) -> HttpResponse:
    if not is_linked:
        return redirect("link-second-step")
    messages.success(request, _("The account was linked. You can switch to it without its password."))
    return to_section(*_SECTION)


def _is_past_captcha(request: PortalRequest) -> bool:
    """Whether a captcha was solved for this try; one that does not count is as good as none (security 5, 46)."""
    try:
        captcha.check(
            payload=request.POST.get("captcha", ""),
            action=captcha.SIGN_IN,
            binding=pending.known_binding(request.session),
            now=timezone.now(),
        )
    except captcha.CaptchaRefused:
        return False
    return True


def _why(refused: Exception) -> str:
    """What to do about a refusal; told only to who has given the right password."""
    match refused:
        case services.IsOneself():
            return _("This is the account you are in. Enter the username of another one.")
        case services.AlreadyLinked():
            return _("This account is linked to yours already.")
        case flows.SomethingToDoThere():
            return _("This account has something to be done first. Sign in to it, then link it.")
        case _:
            return _("This account cannot be linked.")


# The second step of the other account


@require_GET
@signed_in
@part_of(_FEATURE)
def second_step_start(request: PortalRequest) -> HttpResponse:
    """To the page of what is asked for first."""
    found = flows.second_step_of(request, now=timezone.now())
    return redirect(found[1].url_of(found[1].kinds[0])) if found else redirect("link-account")


@require_http_methods(["GET", "POST"])
@signed_in
@part_of(_FEATURE)
@require_step_up
def second_step_with(request: PortalRequest, authenticator: str) -> HttpResponse:
    """Asks for one authenticator of the other account, and takes it."""
    now = timezone.now()
    found = flows.second_step_of(request, now=now)
    if found is None or authenticator not in found[1].kinds:
        return redirect("link-second-step")
    (situation, step), kind = found, Authenticator(authenticator)
    if request.method == "GET":
        return second_step_views.page(request, step, kind)
    try:
        second_step.check(request, step, kind, now=now)
        return _linked(request, is_linked=flows.advance(request, situation, method=kind, now=now))
    except second_step.Refused as refused:
        return second_step_views.page(request, step, kind, error=str(refused))
    except (services.LinkRefused, flows.SomethingToDoThere) as refused:
        messages.error(request, _why(refused))
        return to_section(*_SECTION)


@require_POST
@signed_in
@part_of(_FEATURE)
def send_code(request: PortalRequest) -> HttpResponse:
    """Sends a code to the number of the other account."""
    found = flows.second_step_of(request, now=timezone.now())
    return second_step_views.send_code(request, found[1]) if found else redirect("link-account")


@require_POST
@signed_in
@part_of(_FEATURE)
def options(request: PortalRequest) -> HttpResponse:
    """What the browser needs to ask for one of the other account's security devices."""
    found = flows.second_step_of(request, now=timezone.now())
    return second_step_views.device_options(request, found[1]) if found else JsonResponse({}, status=403)


# Removing and switching


@require_http_methods(["GET", "POST"])
@signed_in
@part_of(_FEATURE)
@require_step_up
def delete(request: PortalRequest, pk: int) -> HttpResponse:
    """Asks, then ends the link; a session that came by it ends, too, be it this one."""
    other = selectors.other_of(_own_link(request, pk), request.user)
    ends_this = request.login_session.switched_from == other.uuid
    if request.method == "GET":
        return render(
            request, "linked_accounts/confirm_delete.html", {"pk": pk, "other": other, "ends_this": ends_this}
        )
    services.unlink(user=request.user, other=other, origin=origin(request), now=timezone.now())
    if ends_this:
        request.session.flush()
        return to_signed_out()
    messages.success(request, _("The link to %(name)s was removed.") % {"name": other.username})
    return to_section(*_SECTION)


@require_POST
@signed_in
@part_of(_FEATURE)
def switch(request: PortalRequest, pk: int) -> HttpResponse:
    """Go on in a linked account."""
    return _switch(request, _own_link(request, pk))


@require_POST
@signed_in
def switch_back(request: PortalRequest) -> HttpResponse:
    """Back to the account one came from, along the same link; without it there is no way back."""
    link = selectors.link_with(request.user, request.login_session.switched_from)
    if link is None:
        raise Http404
    return _switch(request, link)


def _switch(request: PortalRequest, link: LocalLink) -> HttpResponse:
    other = selectors.other_of(link, request.user)
    if not selectors.may_switch(other, switched_from=request.login_session.switched_from):
        messages.error(request, _("You cannot switch to this account now."))
        return to_section(*_SECTION)
    return sign_in_flows.switch(request, user=other, now=timezone.now())


def _own_link(request: PortalRequest, pk: int) -> LocalLink:
    link = selectors.own_link(request.user, pk)
    if link is None:
        raise Http404
    return link
