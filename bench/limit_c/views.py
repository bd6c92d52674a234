"""The limit itself, and two other fixed points."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache, partial

from django.contrib.auth.decorators import login_required
from django.contrib.auth.hashers import check_password, make_password
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


@login_required
def page(request: HttpRequest) -> HttpResponse:
    """Limit c: a template with a base, for somebody signed in."""
    return render(request, "page.html")


@login_required
def constant(_request: HttpRequest) -> HttpResponse:
    """The same without a template, to see that limit c is what it should be: about 0.70 of it."""
    return HttpResponse("constant " * 1100)


@cache
def _encoded() -> str:
    return make_password("a password that is long enough")


def hash_only(request: HttpRequest) -> HttpResponse:
    """Checks a password with the portal's hasher and does nothing else."""
    check_password(request.GET.get("password", ""), _encoded())
    return HttpResponse("hashed", headers={"Content-Length": "6"})  # which CommonMiddleware would set


@cache
def _check() -> Callable[[], object]:
    """What checks one answer of a passkey. It is imported here: limit c itself does without."""
    import webauthn

    from tests.support.authenticators import ORIGIN, RP_ID, Authenticator, b64

    device, challenge = Authenticator(), b"c" * 32
    known = {"rp": {"id": RP_ID}, "user": {"id": b64(b"u" * 16)}, "rpId": RP_ID, "challenge": b64(challenge)}
    expected = {"expected_challenge": challenge, "expected_rp_id": RP_ID, "expected_origin": ORIGIN}
    created = webauthn.verify_registration_response(credential=device.create({"publicKey": known}), **expected)
    return partial(
        webauthn.verify_authentication_response,
        credential=json.dumps(device.get({"publicKey": known})),
        credential_public_key=created.credential_public_key,
        credential_current_sign_count=0,
        require_user_verification=True,
        **expected,
    )


def passkey_only(_request: HttpRequest) -> HttpResponse:
    """Checks a passkey's signature with the library and does nothing else."""
    _check()()
    return HttpResponse("checked", headers={"Content-Length": "7"})
