"""A person's events in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from myaccount.activity.kinds import WORDS, EventGroup, EventKind
from myaccount.activity.models import Event
from myaccount.claims.selectors import labels_of
from myaccount.operations.kinds import OperationKind
from myaccount.users.models import User
from myaccount.web import formats
from myaccount.web.kept_queries import Given, KeptQuery
from security.factors.kinds import WORDS as WORDS_OF_FACTORS
from security.factors.kinds import Authenticator
from sessions_app.selectors import describe_user_agent, session_title
from sessions_app.services import EndReason

PAGE_SIZE = 20
_RECENT: Final = KeptQuery(lambda: Event.objects.filter(user_uuid=Given("user")).order_by("-id")[:5])


@dataclass(frozen=True)
class EventRow:
    """One event as the pages show it."""

    title: str
    detail: str
    icon: str
    is_warning: bool
    browser: str
    ip: str
    at: str
    ago: str
    is_here: bool
    is_by_other: bool


@dataclass(frozen=True)
class EventPage:
    """A page of events and where the next one starts; paging by id stays fast however long the history is."""

    rows: list[EventRow]
    older_than: int | None


def recent_events(user: User, *, now: datetime, session_uuid: UUID | None = None) -> list[EventRow]:
    """The person's five newest events. One query."""
    return event_rows(_RECENT.fetch(user=user.uuid), now=now, session_uuid=session_uuid)


def event_page(
    user: User,
    *,
    now: datetime,
    group: EventGroup | None,
    older_than: int | None,
    session_uuid: UUID | None,
    size: int = PAGE_SIZE,
) -> EventPage:
    """A page of the person's events of one group, or of all, newest first. One query."""
    found = Event.objects.filter(user_uuid=user.uuid, kind__in=list(EventKind)).order_by("-id")
    if group is not None:
        found = found.filter(kind__in=[kind.value for kind, words in WORDS.items() if words.group == group])
    if older_than is not None:
        found = found.filter(id__lt=older_than)
    events = list(found[: size + 1])
    rows = event_rows(events[:size], now=now, session_uuid=session_uuid)
    return EventPage(rows, events[size - 1].pk if len(events) > size else None)


def event_rows(events: Sequence[Event], *, now: datetime, session_uuid: UUID | None = None) -> list[EventRow]:
    """Events in words. One query for the words of attributes an administrator has added, however many there are."""
    names = sorted({name for event in events for name in event.data.get("claims", ())})
    labels = dict(zip(names, labels_of(names), strict=True))
    return [_row_of(event, labels, now=now, session_uuid=session_uuid) for event in events]


def _row_of(event: Event, labels: Mapping[str, str], *, now: datetime, session_uuid: UUID | None) -> EventRow:
    kind = EventKind(event.kind)
    words = WORDS[kind]
    is_by_other = event.by_uuid is not None and event.by_uuid != event.user_uuid
    detail = _detail(kind, event.data, labels)
    if is_by_other:  # whose browser and address are none of the person's business
        by_whom = _("By an approver") if kind == EventKind.OPERATION_REJECTED else _("By an administrator")
        detail = " · ".join(filter(None, [detail, by_whom]))
    return EventRow(
        title=_title(kind, event.data),
        detail=detail,
        icon=words.icon,
        is_warning=words.is_warning,
        browser=describe_user_agent(event.user_agent) if event.user_agent and not is_by_other else "",
        ip="" if is_by_other else event.ip or "",
        at=formats.moment(event.at),
        ago=formats.ago(event.at, now=now),
        is_here=session_uuid is not None and event.session_uuid == session_uuid,
        is_by_other=is_by_other,
    )


def _title(kind: EventKind, data: Mapping[str, Any]) -> str:
    if kind == EventKind.SIGN_IN_FAILED and data.get("is_for_link"):
        return _("Somebody tried to link this account with a wrong password")
    return str(WORDS[kind].title)


def _detail(kind: EventKind, data: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """What is particular to this event."""
    if kind in (EventKind.SESSION_ENDED, EventKind.SESSION_EXPIRED):
        return " · ".join(filter(None, [_ended_sessions(data), _reason(str(data.get("reason", "")))]))
    if "operation" in data:
        return _operation(data)
    # What the organisation itself keeps is a consent to no application.
    application = str(data["application"]) or _("System consent") if "application" in data else ""
    if "claims" in data:
        return " · ".join(filter(None, [application, *_attributes(data, labels)]))
    if application:
        return application
    if "factor" in data:
        return _factor(data)
    exported = _export_form(str(data.get("form", ""))) if kind == EventKind.DATA_EXPORTED else ""
    account = str(data.get("account") or data.get("address", ""))
    return exported or " · ".join(filter(None, [str(data.get("provider", "")), account]))


def _attributes(data: Mapping[str, Any], labels: Mapping[str, str]) -> list[str]:
    """Which attributes it is about; where they were switched on or off, which way."""
    comma = pgettext("separator of a list", ", ")
    if "granted" not in data:
        return [comma.join(labels[name] for name in data["claims"])]
    on, off = (
        comma.join(labels[name] for name in data["claims"] if (name in data["granted"]) == is_granted)
        for is_granted in (True, False)
    )
    return [
        _("switched on: %(attributes)s") % {"attributes": on} if on else "",
        _("switched off: %(attributes)s") % {"attributes": off} if off else "",
    ]


def _factor(data: Mapping[str, Any]) -> str:
    """Which factor, what it is called, and the reason an administrator gave."""
    value = str(data["factor"])
    kind = str(WORDS_OF_FACTORS[Authenticator(value)].title) if value in WORDS_OF_FACTORS else ""
    return " · ".join(filter(None, [kind, str(data.get("name", "")), str(data.get("reason_given", ""))]))


def _export_form(value: str) -> str:
    """What the person took their data away as."""
    words = {"json": _("JSON file"), "zip": _("ZIP file"), "page": _("Page to print")}
    return words.get(value, "")


def _operation(data: Mapping[str, Any]) -> str:
    """What was asked for, which task it was, and the reason that was given."""
    value = str(data["operation"])
    kind = str(OperationKind(value).label) if value in OperationKind.values else ""
    task = _("task %(number)s") % {"number": data["task"]} if "task" in data else ""
    return " · ".join(filter(None, [kind, task, str(data.get("reason_given", ""))]))


def _ended_sessions(data: Mapping[str, Any]) -> str:
    if "count" in data:
        return ngettext("%(count)s session", "%(count)s sessions", data["count"]) % {"count": data["count"]}
    browser, operating_system = str(data.get("browser", "")), str(data.get("operating_system", ""))
    return session_title(browser, operating_system) if browser or operating_system else ""


def _reason(value: str) -> str:
    return str(EndReason(value).label) if value in EndReason.values else ""
