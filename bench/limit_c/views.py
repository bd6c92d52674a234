"""The limit itself, and two other fixed points."""

from __future__ import annotations

from functools import cache

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
