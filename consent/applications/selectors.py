"""Reads about applications: those a person may open, and those used in their sessions."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from consent.applications.models import Application, ApplicationAccess, Favourite
from myaccount.users.models import User
from myaccount.web import formats
from sessions_app.selectors import UsedApplication


@dataclass(frozen=True)
class OpenableApplication:
    """An application on the Applications page."""

    uuid: UUID
    name: str
    description: str
    address: str
    host: str
    logo_url: str  # empty without one: the initial stands in its place
    initial: str
    is_favourite: bool
    last_used: str  # in words, empty if never


@dataclass(frozen=True)
class Openable:
    """What the search found, and how many there are without it."""

    rows: list[OpenableApplication]
    total: int


def openable(user: User, *, search: str = "", now: datetime) -> Openable:
    """The applications a person may open: favourites first, then those used last. Two queries."""
    favourites = Favourite.objects.filter(user=user, application=OuterRef("pk"))
    applications = list(without_logos(_listed_for(user)).annotate(is_favourite=Exists(favourites)))
    used = ApplicationAccess.objects.filter(login_session__user=user).values("application")
    last_used: dict[int, datetime] = dict(used.annotate(last=Max("last_at")).values_list("application", "last"))
    words = [_folded(word) for word in search.split()]
    found = [application for application in applications if _has_all(words, application)]
    found.sort(
        key=lambda application: (
            not application.is_favourite,
            -last_used[application.pk].timestamp() if application.pk in last_used else 0,
            _folded(application.name),
        )
    )
    rows = [_row(application, last_used.get(application.pk), now=now) for application in found]
    return Openable(rows, len(applications))


def may_open(user: User, uuid: UUID) -> Application | None:
    """One of the applications on the person's page; None for any other. One query."""
    return _listed_for(user).defer("logo").filter(uuid=uuid).first()


def _listed_for(user: User) -> QuerySet[Application]:
    """Listed, in use, with an address to open, and for everybody or for a group the person is in."""
    groups = Application.groups.through.objects.filter(application=OuterRef("pk"))
    theirs = groups.filter(group__in=user.groups.values("pk"))
    return Application.objects.filter(Exists(theirs) | ~Exists(groups), is_active=True, is_discoverable=True).exclude(
        access_url=""
    )


def _folded(text: str) -> str:
    """For comparing as people do: without case, accents or the width of letters."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _has_all(words: Collection[str], application: Application) -> bool:
    text = _folded(f"{application.name} {application.description}")
    return all(word in text for word in words)


def _row(application: Any, last_used: datetime | None, *, now: datetime) -> OpenableApplication:
    return OpenableApplication(
        uuid=application.uuid,
        name=application.name,
        description=application.description,
        address=application.access_url,
        host=urlsplit(application.access_url).hostname or "",
        logo_url=logo_url(application),
        initial=initial_of(application.name),
        is_favourite=application.is_favourite,
        last_used=formats.ago(last_used, now=now) if last_used else "",
    )


def initial_of(name: str) -> str:
    """What stands in the place of a logo."""
    return name.strip()[:1].upper()


def used_in(session_uuids: Collection[UUID]) -> dict[UUID, list[UsedApplication]]:
    """The applications used in sign-in sessions, the one used last first. One query."""
    used: dict[UUID, list[UsedApplication]] = {}
    accesses = ApplicationAccess.objects.filter(login_session__in=session_uuids).order_by("-last_at", "pk")
    for session, name, first_at, last_at in accesses.values_list(
        "login_session", "application__name", "first_at", "last_at"
    ):
        used.setdefault(session, []).append(UsedApplication(name, formats.moment(first_at), formats.moment(last_at)))
    return used


def logo_of(uuid: UUID) -> bytes:
    """An application's logo, empty without one. One query."""
    logo = Application.objects.filter(uuid=uuid).values_list("logo", flat=True).first()
    return bytes(logo or b"")


def logo_url(application: Application) -> str:
    """Where the logo is, empty without one; another address for another logo, so browsers may keep it."""
    has_logo = application.has_logo if hasattr(application, "has_logo") else bool(application.logo)
    if not has_logo:
        return ""
    return f"{reverse('application-logo', args=[application.uuid])}?v={int(application.updated.timestamp())}"


def without_logos(applications: QuerySet[Application]) -> QuerySet[Application]:
    """For lists: whether there is a logo, instead of the logo."""
    return applications.defer("logo").annotate(has_logo=~Q(logo=b""))


def in_words(scopes: Iterable[str]) -> list[str]:
    """What scopes mean, in the person's language; those without a meaning for people are left out."""
    words = {
        "profile": _("your profile"),
        "email": _("your e-mail address"),
        "phone": _("your telephone number"),
        "address": _("your postal address"),
        "offline_access": _("working while you are not signed in"),
    }
    return [words[scope] for scope in scopes if scope in words]


def name_of(client_id: str) -> str:
    """What people call an application they can sign in to; empty for any other client ID. One query."""
    if "\x00" in client_id:
        return ""
    known = Application.objects.filter(client_id=client_id, is_active=True)
    return known.values_list("name", flat=True).first() or ""
