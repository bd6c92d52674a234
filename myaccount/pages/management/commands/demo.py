"""`manage.py demo`: people, roles and a past for the demonstration, in development only.

What is there already is left as it is, so the command may be run at every start.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from linked_accounts.models import LocalLink
from myaccount.activity.kinds import EventKind
from myaccount.activity.services import SYSTEM, Origin, record
from myaccount.claims.models import Claim
from myaccount.pages.demo_applications import add_applications, let_calendar_know
from myaccount.pages.demo_approvals import add_approvals
from myaccount.registration.models import RegistrationSettings
from myaccount.users.models import User
from myaccount.web.models import PortalSettings
from myaccount.web.selectors import portal_settings
from profile.services import create as create_profile
from security.recovery.models import RecoverySettings
from sessions_app import services as sessions
from sessions_app.models import LoginSession

LAPTOP: Final = Origin("192.0.2.44", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0")
PHONE: Final = Origin(
    "198.51.100.23",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.1 Mobile/15E148 Safari/604.1",
)
STRANGER: Final = Origin(
    "203.0.113.77",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
)


@dataclass(frozen=True)
class DemoPerson:
    """Somebody of the demonstration. The e-mail address is `<username>@example.org`, and proven."""

    username: str
    values: Mapping[str, str]
    roles: tuple[str, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)


PEOPLE: Final = (
    DemoPerson(
        "alice",
        {
            "given_name": "Alice",
            "family_name": "Liddell",
            "organization": "Wonderland Press",
            "country": "GB",
            "telephone": "+442079460123",
            "url": "https://alice.example.org",
            "department": "Editorial",
            "birthdate": "1992-05-04",
            "employee_number": "WP-1042",
        },
        roles=("Staff",),
        fields={"mobile": "+447400123456"},
    ),
    DemoPerson(
        "bob",
        {
            "given_name": "Bob",
            "family_name": "Okafor",
            "organization": "Wonderland Press",
            "country": "GB",
            "department": "Rights",
            "employee_number": "WP-1007",
        },
        roles=("Approvers", "Staff"),
    ),
    DemoPerson(
        "carol",
        {"given_name": "Carol", "family_name": "Liddell", "organization": "Wonderland Press", "country": "DE"},
        roles=("Staff",),
    ),
    DemoPerson(
        "admin",
        {"given_name": "Ada", "family_name": "Quist", "organization": "Wonderland Press", "country": "GB"},
        fields={"is_staff": True, "is_superuser": True},
    ),
)

# Alice's month: days ago, time of day (UTC), what, from where, and its details.
HISTORY: Final[tuple[tuple[int, time, EventKind, Origin, dict[str, Any]], ...]] = (
    (31, time(8, 58), EventKind.ACCOUNT_CREATED, LAPTOP, {}),
    (31, time(9, 4), EventKind.SIGNED_IN, LAPTOP, {"methods": ["pwd"]}),
    (31, time(9, 11), EventKind.PROFILE_CHANGED, LAPTOP, {"claims": ["telephone"]}),
    (31, time(12, 30), EventKind.SIGNED_OUT, LAPTOP, {}),
    (27, time(18, 47), EventKind.SIGNED_IN, PHONE, {"methods": ["pwd"]}),
    (27, time(18, 52), EventKind.MOBILE_CHANGE_REQUESTED, PHONE, {"address": "+44 7400 123456"}),
    (27, time(18, 53), EventKind.MOBILE_CHANGED, PHONE, {"address": "+44 7400 123456"}),
    (21, time(3, 12), EventKind.SIGN_IN_FAILED, STRANGER, {}),
    (20, time(8, 31), EventKind.SIGNED_IN, LAPTOP, {"methods": ["pwd"]}),
    (20, time(8, 36), EventKind.PASSWORD_CHANGED, LAPTOP, {}),
    (20, time(8, 36), EventKind.SESSION_ENDED, LAPTOP, {"reason": "password-changed", "count": 1, "kept_one": True}),
    (20, time(17, 2), EventKind.SIGNED_OUT, LAPTOP, {}),
    (12, time(7, 55), EventKind.SIGNED_IN, PHONE, {"methods": ["pwd"]}),
    (9, time(10, 20), EventKind.SIGNED_IN, LAPTOP, {"methods": ["pwd"]}),
    (9, time(10, 24), EventKind.PROFILE_CHANGED, LAPTOP, {"claims": ["department"]}),
    (9, time(16, 45), EventKind.SIGNED_OUT, LAPTOP, {}),
    (2, time(9, 1), EventKind.SIGNED_IN, LAPTOP, {"methods": ["pwd"]}),
    (2, time(17, 30), EventKind.SIGNED_OUT, LAPTOP, {}),
)


_Past = tuple[datetime, EventKind, User, Origin, dict[str, Any]]


class Command(BaseCommand):
    help = (
        "Adds the demo people alice, bob, carol and admin, and applications, where they are missing. In development "
        "only. PICKUP_ADDRESS and PICKUP_SECRET say where the example application runs, and its secret."
    )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEVELOPMENT:
            raise CommandError("Demo people have known passwords: they are made in development only.")
        now = timezone.now()
        if not PortalSettings.objects.exists():
            PortalSettings().save()
        if not RecoverySettings.objects.exists():
            RecoverySettings(
                question_recovery=True, email_recovery=True, sms_recovery=True, username_recovery=True
            ).save()
        if not RegistrationSettings.objects.exists():
            RegistrationSettings(is_allowed=True).save()
        Claim.objects.get_or_create(
            name="employee_number",
            defaults={
                "label": "Employee number",
                "help_text": "As on your badge.",
                "translations": {"de": {"label": "Personalnummer", "help_text": "Wie auf Ihrem Ausweis."}},
                "is_read_only": True,
                "pattern": r"WP-\d{4}",
                "pattern_hint": "WP, a dash and four digits.",
                "order": 115,
            },
        )
        events = [event for person in PEOPLE for event in _add(person, now=now)]
        for at, kind, user, origin, data in sorted(events, key=lambda event: event[0]):
            record(kind, user=user, origin=origin, now=at, data=data)
        address = os.environ.get("PICKUP_ADDRESS", "http://localhost:8001")
        add_applications(pickup_address=address, pickup_secret=os.environ.get("PICKUP_SECRET", ""))
        if any(user.username in ("alice", "carol") for _, _, user, _, _ in events):
            _link_alice_and_carol(now=now)
        _sign_in_on_phone(User.objects.get(username_key="alice"), now=now)
        if events:
            add_approvals(now=now)


def _add(person: DemoPerson, *, now: datetime) -> list[_Past]:
    """Make one person, unless they are there; what somebody has changed of them stays. Returns their past."""
    if User.objects.filter(username_key=person.username).exists():
        return []
    joined = now - timedelta(days=31)
    is_alice = person.username == "alice"
    user = User.objects.create_user(
        person.username,
        f"{person.username}@example.org",
        f"{person.username}-demo-passphrase",
        email_verified_at=joined,
        date_joined=joined,
        mobile_verified_at=now - timedelta(days=27) if "mobile" in person.fields else None,
        password_changed_at=_on(20, time(8, 36), now) if is_alice else None,
        last_login=_on(2, time(9, 1), now) if is_alice else None,
        **person.fields,
    )
    user.groups.set([Group.objects.get_or_create(name=role)[0] for role in person.roles])
    create_profile(user=user, values=person.values)
    past = HISTORY if is_alice else HISTORY[:1]
    return [(_on(days, at, now), kind, user, origin, data) for days, at, kind, origin, data in past]


def _on(days_ago: int, at: time, now: datetime) -> datetime:
    return (now - timedelta(days=days_ago)).replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)


def _link_alice_and_carol(*, now: datetime) -> None:
    """They are two accounts of one person; whoever removes the link is not given it again at the next start."""
    first, second = User.objects.filter(username_key__in=["alice", "carol"]).order_by("pk")
    LocalLink.objects.get_or_create(first=first, second=second, defaults={"linked_at": now - timedelta(days=14)})


def _sign_in_on_phone(alice: User, *, now: datetime) -> None:
    """Alice is signed in on her phone as well, until that session runs out like any other."""
    on_phone = LoginSession.objects.select_related("user").filter(user=alice, user_agent=PHONE.user_agent)
    active = on_phone.filter(ended_at=None).first()
    if active is not None:
        reason = sessions.why_over(active, portal_settings=portal_settings(), now=now)
        if reason is None:
            return
        sessions.end(login_session=active, reason=reason, origin=SYSTEM, now=now)
    since = now - timedelta(minutes=19)
    phone = sessions.start(user=alice, origin=PHONE, methods=["pwd"], now=since)
    record(EventKind.SIGNED_IN, user=alice, origin=PHONE, now=since, data={"methods": ["pwd"]})
    let_calendar_know(alice, login_session=phone, origin=PHONE, now=since + timedelta(minutes=2))
    sessions.touch(phone, now=now)
