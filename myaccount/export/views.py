"""Downloading one's data, and reading it on a page.

Each address answers GET with a page that explains and has the button, where people land after confirming who they
are; only POST hands anything out, after it was written down (security 12, 20, 30).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from myaccount.export import page, services
from myaccount.export.archive import archive
from myaccount.export.contents import PARTS, Asked
from myaccount.export.schema import schema_file
from myaccount.export.services import Form
from myaccount.export.writing import as_read_by_person, encoded, user_info
from myaccount.limits.services import TooManyAttempts
from myaccount.web import formats
from myaccount.web.features import part_of
from myaccount.web.requests import PortalRequest, origin
from myaccount.web.signed_in import signed_in
from myaccount.web.step_up import require_step_up_and_return

FEATURE = "personal-info.export"
_FOR_A_DAY = 24 * 3600  # seconds


@require_http_methods(["GET", "POST"])
@signed_in
@part_of(FEATURE)
@require_step_up_and_return
def download_json(request: PortalRequest) -> HttpResponseBase:
    """`userInfo.json`."""
    return _handed_out(request, Form.JSON, lambda asked: _file("userInfo.json", encoded(user_info(asked))))


@require_http_methods(["GET", "POST"])
@signed_in
@part_of(FEATURE)
@require_step_up_and_return
def download_zip(request: PortalRequest) -> HttpResponseBase:
    """The same file with the picture and the receipts beside it."""
    return _handed_out(request, Form.ZIP, lambda asked: _file("userInfo.zip", archive(asked)))


@require_http_methods(["GET", "POST"])
@signed_in
@part_of(FEATURE)
@require_step_up_and_return
def show_page(request: PortalRequest) -> HttpResponseBase:
    """The page to print: opened by POST, and then there for a few minutes."""
    now = timezone.now()
    if request.method == "GET" and page.is_open(request.session, now=now):
        return render(request, "export/page.html", page.contents(_asked(request)))
    return _handed_out(request, Form.PAGE, lambda asked: _opened(request, asked))


@require_safe
def schema(request: PortalRequest) -> HttpResponse:
    """What the file's members mean, for programs. Nobody's data, so it is for anybody."""
    response = HttpResponse(schema_file(), content_type="application/schema+json")
    response["Cache-Control"] = f"public, max-age={_FOR_A_DAY}"
    return response


def _handed_out(request: PortalRequest, form: Form, hand_out: Callable[[Asked], HttpResponseBase]) -> HttpResponseBase:
    """By GET the page with the button; by POST the data, once that is written down."""
    asked = _asked(request)
    context = {"form": form, "parts": PARTS}
    if request.method != "POST":
        return render(request, "export/ready.html", context)
    try:
        services.begin(user=request.user, form=form, origin=origin(request), now=asked.now)
    except TooManyAttempts as refusal:
        context["until"] = formats.moment(refusal.until)
        return render(request, "export/ready.html", context, status=429)
    return hand_out(asked)


def _asked(request: PortalRequest) -> Asked:
    return Asked(request.user, request.login_session.uuid, timezone.now())


def _opened(request: PortalRequest, asked: Asked) -> HttpResponse:
    page.open_for_a_while(request.session, now=asked.now)
    return redirect("export-page")


def _file(name: str, pieces: Iterator[bytes]) -> StreamingHttpResponse:
    """To be kept and not shown, whatever is in it, by nobody between (security 16, 30)."""
    return StreamingHttpResponse(
        as_read_by_person(pieces),
        content_type="application/json" if name.endswith(".json") else "application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )
