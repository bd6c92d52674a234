"""People whose account has been in use for a while, so that every page has something to show."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.users.models import User
from sessions_app.models import LoginSession
from tests.support.browsing import new_browser, sign_in
from tests.support.people import CHROME, SAFARI_PHONE, make_person

FULL_PROFILE = {
    "given_name": "Alice", "family_name": "Liddell", "organization": "Wonderland Ltd", "country": "GB",
    "telephone": "+442079460000", "im": "alice@chat.example", "url": "https://alice.example/", "department": "Tea",
    "birthdate": "1990-11-22", "address": "1 High Street\nOxford OX1 4DB",
}  # fmt: skip


def make_settled_person(username: str = "alice", *, events: int = 45) -> User:
    """Somebody with everything filled in, sessions on a phone and at a desk, and a history of several pages."""
    now = timezone.now()
    person = make_person(
        username, values=FULL_PROFILE, display_name="Alice Liddell", mobile="+447400123456", mobile_verified_at=now,
        language="en", time_zone="Europe/London",
    )  # fmt: skip
    kinds = [EventKind.SIGNED_IN, EventKind.SIGN_IN_FAILED, EventKind.PROFILE_CHANGED, EventKind.IDENTITY_CONFIRMED]
    for number in range(events, 0, -1):
        kind = kinds[number % len(kinds)]
        data = {"claims": ["given_name", "url"]} if kind == EventKind.PROFILE_CHANGED else {}
        record(
            kind, user=person, origin=Origin("198.51.100.7", SAFARI_PHONE), now=now - timedelta(hours=number), data=data
        )
    for user_agent, address, hours in ((SAFARI_PHONE, "2001:db8:85a3::8a2e:370:7334", 5), (CHROME, "198.51.100.7", 2)):
        sign_in(new_browser(user_agent, address=address), username)
        last = LoginSession.objects.filter(user=person).latest("started_at")
        LoginSession.objects.filter(pk=last.pk).update(
            started_at=now - timedelta(hours=hours), last_seen_at=now - timedelta(minutes=hours * 4)
        )
    return person
