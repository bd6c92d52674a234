"""Adding a security device: choose which, register it with the browser's help, name it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from myaccount.web.requests import client_address, origin
from security import pending
from security.factors import guards
from security.factors.devices import challenges, services
from security.factors.devices.forms import DeviceNameForm
from security.factors.devices.services import DeviceProblem, DeviceRefused
from security.factors.guards import EnrolmentRequest
from security.factors.kinds import Authenticator
from security.factors.models import DeviceKind
from security.factors.offered import must_be_offered
from sessions_app.selectors import describe_user_agent

_REFUSED: Final = 422


@dataclass(frozen=True)
class Option:
    """One sort of device as the pages offer it."""

    kind: DeviceKind
    icon: str
    older_label: str | Promise
    explanation: str | Promise
    instruction: str | Promise


_OPTIONS: Final = {
    DeviceKind.USB: Option(
        DeviceKind.USB,
        "key",
        gettext_lazy("Older USB security key"),
        gettext_lazy("A small key for the USB port, or held to your phone. It works on all your devices."),
        gettext_lazy("Have the key at hand. Your browser will ask you to plug it in and touch it."),
    ),
    DeviceKind.BUILT_IN: Option(
        DeviceKind.BUILT_IN,
        "finger-print",
        gettext_lazy("Older built-in sensor"),
        gettext_lazy("The fingerprint, face or PIN this computer or phone is unlocked with."),
        gettext_lazy("Your browser will ask for your fingerprint, your face or your PIN. It stays on this device."),
    ),
}


@require_GET
@guards.may_enrol
def add_device(request: EnrolmentRequest) -> HttpResponse:
    """Choose a USB security key or the built-in sensor."""
    must_be_offered(Authenticator.DEVICE)
    guards.remember_next(request)
    return render(
        request, "security/devices/choose.html", {"options": _OPTIONS.values(), "back": guards.way_back(request)}
    )


@require_GET
@guards.may_enrol
def add_device_kind(request: EnrolmentRequest, device: str) -> HttpResponse:
    """Register a device of the chosen sort; with `?older=1` one that cannot do without a password."""
    must_be_offered(Authenticator.DEVICE)
    guards.remember_next(request)
    return _page(request, _kind(device), is_older="older" in request.GET)


@require_POST
@guards.may_enrol
def registration_options(request: EnrolmentRequest) -> HttpResponse:
    """What the browser needs to ask a device for a new credential."""
    must_be_offered(Authenticator.DEVICE)
    kind, now = _kind(request.POST.get("kind", "")), timezone.now()
    challenges.reserve(client_address(request), now=now)
    options = services.options_to_register(
        user=request.enroller.user,
        kind=kind,
        is_older_device="older" in request.POST,
        binding=pending.binding(request.session),
        now=now,
    )
    return JsonResponse(options)


@require_POST
@guards.may_enrol
def register_device(request: EnrolmentRequest) -> HttpResponse:
    """Add the device under the name it was given. A wrong name does not cost the device's answer."""
    must_be_offered(Authenticator.DEVICE)
    kind, is_older = _kind(request.POST.get("kind", "")), "older" in request.POST
    form = DeviceNameForm(request.POST)
    if not form.is_valid():
        return _page(request, kind, is_older=is_older, form=form)
    try:
        device = services.register(
            user=request.enroller.user,
            challenge_id=request.POST.get("challenge", ""),
            binding=pending.binding(request.session),
            credential_json=request.POST.get("credential", ""),
            name=form.cleaned_data["name"],
            origin=origin(request),
            now=timezone.now(),
        )
    except DeviceRefused as refused:
        return _page(request, kind, is_older=is_older, refused=refused)
    return guards.enrolled(request, Authenticator.DEVICE, _("“%(name)s” was added.") % {"name": device.name})


def _kind(value: str) -> DeviceKind:
    if value not in DeviceKind.values:
        raise Http404
    return DeviceKind(value)


def _page(
    request: EnrolmentRequest,
    kind: DeviceKind,
    *,
    is_older: bool,
    form: DeviceNameForm | None = None,
    refused: DeviceRefused | None = None,
) -> HttpResponse:
    """The page as it starts; or at its last step, when only the name was wrong."""
    suggested = _("Security key") if kind == DeviceKind.USB else describe_user_agent(origin(request).user_agent)
    context = {
        "option": _OPTIONS[kind],
        "others": [option for option in _OPTIONS.values() if option.kind != kind],
        "is_older": is_older,
        "form": form or DeviceNameForm(initial={"name": suggested}),
        "is_named": form is not None,
        "answer": {key: request.POST.get(key, "") if form else "" for key in ("challenge", "credential")},
        "refusal": str(refused) if refused else "",
        "needs_password": refused is not None and refused.reason == DeviceProblem.NEEDS_PASSWORD,
        "back": guards.way_back(request),
    }
    return render(request, "security/devices/add.html", context, status=_REFUSED if form or refused else 200)
