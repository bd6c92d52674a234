"""What the shell shows on every page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation
from django.utils.functional import cached_property

from myaccount.users.models import User
from myaccount.web.models import PortalSettings
from myaccount.web.pages import Text, pages_for
from myaccount.web.requests import PortalRequest


@dataclass(frozen=True)
class NavigationEntry:
    """An entry of the side panel."""

    label: Text
    url: str
    icon: str
    is_current: bool
    count: str = ""


@dataclass(frozen=True)
class Language:
    """A language one can switch to."""

    code: str
    name: str
    is_current: bool


@dataclass(frozen=True)
class Person:
    """The signed-in person as the shell shows them."""

    display_name: str
    username: str
    initials: str
    picture_url: str
    is_staff: bool


class Portal:
    """The organisation's dress, the panel and the person; each read only when a template asks."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._settings = cast("PortalSettings", getattr(request, "portal_settings", None) or PortalSettings(pk=1))

    is_development = settings.DEVELOPMENT

    @property
    def product_name(self) -> str:
        return self._settings.product_name

    @property
    def support_url(self) -> str:
        return self._settings.support_url

    @property
    def footer(self) -> str:
        return self._settings.footer

    @property
    def logo_url(self) -> str:
        return f"{reverse('logo')}?v={self._settings.version}" if self._settings.logo else ""

    @property
    def theme_url(self) -> str:
        return f"{reverse('theme')}?v={self._settings.version}" if self._settings.accent_color else ""

    @property
    def idle_seconds(self) -> int:
        return self._settings.session_idle_minutes * 60

    @property
    def language(self) -> str:
        return translation.get_language()

    @property
    def direction(self) -> str:
        return "rtl" if translation.get_language_bidi() else "ltr"

    @cached_property
    def languages(self) -> list[Language]:
        current = self.language
        return [Language(code, str(name), code == current) for code, name in settings.LANGUAGES]

    @cached_property
    def person(self) -> Person | None:
        user = getattr(self._request, "user", None)
        if not isinstance(user, User) and not getattr(user, "is_authenticated", False):
            return None
        user = cast("User", user)
        return Person(user.name, user.username, user.initials, user.picture, user.is_staff)

    @property
    def switched_from(self) -> str:
        """The username of the linked account the person came from; empty for who signed in to this one."""
        login_session = getattr(self._request, "login_session", None)
        return login_session.switched_from_name if login_session else ""

    @cached_property
    def navigation(self) -> list[NavigationEntry]:
        if self.person is None:
            return []
        request = cast("PortalRequest", self._request)
        entries = []
        for page in pages_for(request):
            url = reverse(page.url_name)
            is_current = request.path.startswith(url) if page.id != "overview" else request.path == url
            count = page.badge(request) if page.badge else ""
            entries.append(NavigationEntry(page.title, url, page.icon, is_current, count))
        return entries


def portal(request: HttpRequest) -> dict[str, Any]:
    """The `portal` variable of every template."""
    return {"portal": Portal(request)}
