"""Pages composed of sections. The pages on top register here; areas render them through here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise

from myaccount.web.features import FeatureState, state_of
from myaccount.web.requests import PortalRequest

Text = str | Promise


@dataclass(frozen=True)
class Section:
    """One card on a page. `load` reads what its template needs; `state` is what a failed form hands back.

    A section whose `load` returns None has nothing to say to this person, and is left out.
    """

    id: str
    title: Text
    explanation: Text
    template: str
    load: Callable[[PortalRequest, Mapping[str, Any]], Mapping[str, Any] | None]
    feature_id: str


@dataclass(frozen=True)
class Page:
    """A page of the side panel. `badge` tells what stands beside its name, if anything: how much waits there."""

    id: str
    title: Text
    explanation: Text
    icon: str
    url_name: str
    sections: tuple[Section, ...]
    template: str = "pages/page.html"
    badge: Callable[[PortalRequest], str] | None = None


@dataclass(frozen=True)
class LoadedSection:
    """A section with its data, ready to be shown."""

    id: str
    title: Text
    explanation: Text
    template: str
    data: Mapping[str, Any]
    is_read_only: bool


_pages: dict[str, Page] = {}


def register(page: Page) -> None:
    """Add a page to the portal, in the order of the side panel."""
    _pages[page.id] = page


def pages_for(request: PortalRequest) -> list[Page]:
    """The pages switched on, in order."""
    return [page for page in _pages.values() if state_of(page.id, request.portal_settings) != FeatureState.OFF]


def render_page(
    request: PortalRequest, page_id: str, *, states: Mapping[str, Mapping[str, Any]] | None = None, status: int = 200
) -> HttpResponse:
    """Show a page. `states` hands a section something for this once, such as its form with errors."""
    page = _pages[page_id]
    loaded = []
    for section in page.sections:
        state = state_of(section.feature_id, request.portal_settings)
        if state == FeatureState.OFF:
            continue
        data = section.load(request, (states or {}).get(section.id, {}))
        if data is None:
            continue
        loaded.append(
            LoadedSection(
                section.id, section.title, section.explanation, section.template, data, state == FeatureState.READ_ONLY
            )
        )
    context = {"page": page, "sections": loaded, "has_errors": status >= 400}
    return render(request, page.template, context, status=status)
