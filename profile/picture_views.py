"""Choosing a profile picture, and showing the uploaded one."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

import profile.pictures as pictures
from myaccount.web.features import part_of
from myaccount.web.redirects import to_section
from myaccount.web.requests import PortalRequest, origin
from myaccount.web.signed_in import signed_in
from profile.forms import PictureForm
from profile.middleware import allow_gravatar
from profile.models import UploadedPicture
from profile.pictures import DIGEST_LENGTH

_FEATURE = "personal-info.picture"
_A_DAY = 24 * 3600  # seconds


@require_GET
@signed_in
@part_of(_FEATURE)
def choose(request: PortalRequest) -> HttpResponse:
    """The choice: Gravatar, an uploaded image, or initials."""
    return _choice(request, PictureForm())


@require_GET
@signed_in
@part_of(_FEATURE)
def choose_gravatar(request: PortalRequest) -> HttpResponse:
    """Gravatar's pictures. They are loaded only now that the person asked for them."""
    return _gravatars(request)


@require_POST
@signed_in
@part_of(_FEATURE)
def use_gravatar(request: PortalRequest) -> HttpResponse:
    """Show the chosen Gravatar."""
    try:
        pictures.use_gravatar(
            user=request.user, key=request.POST.get("gravatar", ""), origin=origin(request), now=timezone.now()
        )
    except ValidationError as error:
        return _gravatars(request, error=error.messages[0])
    return _saved(request)


@require_POST
@signed_in
@part_of(_FEATURE)
def upload(request: PortalRequest) -> HttpResponse:
    """Show an uploaded image."""
    form = PictureForm(request.POST, request.FILES)
    if form.is_valid():
        file: UploadedFile[bytes] = form.cleaned_data["picture"]
        try:
            image = pictures.square(file, max_bytes=settings.PICTURE_MAX_BYTES)
        except ValidationError as error:
            form.add_error("picture", error)
        else:
            pictures.use_upload(user=request.user, image=image, origin=origin(request), now=timezone.now())
            return _saved(request)
    return _choice(request, form, status=422)


@require_POST
@signed_in
@part_of(_FEATURE)
def use_initials(request: PortalRequest) -> HttpResponse:
    """Show initials."""
    pictures.use_initials(user=request.user, origin=origin(request), now=timezone.now())
    return _saved(request)


@require_GET
@signed_in
def picture(request: PortalRequest, digest: str) -> HttpResponse:
    """The person's own uploaded picture."""
    found = UploadedPicture.objects.filter(user=request.user).first()
    if found is None or not constant_time_compare(found.digest[:DIGEST_LENGTH], digest):
        raise Http404
    response = HttpResponse(bytes(found.image), content_type="image/webp")
    # Its address changes with it and stands on private pages only; signing out clears the browser's cache.
    response["Cache-Control"] = f"private, max-age={_A_DAY}, immutable"
    return response


def _choice(request: PortalRequest, form: PictureForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "has_proven_address": bool(pictures.gravatars(request.user))}
    return render(request, "profile/picture.html", context, status=status)


def _gravatars(request: PortalRequest, *, error: str = "") -> HttpResponse:
    context = {"gravatars": pictures.gravatars(request.user), "error": error, "current": request.user.picture}
    response = render(request, "profile/gravatar.html", context, status=422 if error else 200)
    allow_gravatar(response)
    return response


def _saved(request: PortalRequest) -> HttpResponse:
    messages.success(request, _("Your profile picture was updated."))
    return to_section("personal-info", "profile")
