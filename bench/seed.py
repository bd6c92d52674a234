"""Fills a site's database with the person who is measured: `python -m bench.seed portal|limit_c`.

Runs in a process of its own with that site's settings; prints the cookies of signed-in browsers as JSON.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from typing import Any

import django
from django.core.management import call_command

from bench.seed_openid import fill

PASSWORD = "seven quiet wooden lanterns"
USERNAME = "alice"
APPROVER = "approver"
EVENTS = 50
KINDS = ("known", "unknown", "unusable", "disabled")
PEOPLE_OF_A_KIND = 10
PEOPLE_WITH_PASSKEYS = 60
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
USER_AGENTS = [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1"
    " Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1"
    " Safari/605.1.15",
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile"
    " Safari/537.36",
    FIREFOX,
]
SESSIONS = len(USER_AGENTS)
PROFILE = {
    "given_name": "Alice",
    "family_name": "Liddell",
    "organization": "Wonderland Ltd",
    "country": "GB",
    "telephone": "+442079460000",
    "im": "alice.liddell",
    "url": "https://alice.example.org/",
    "department": "Research",
    "birthdate": "1990-05-04",
    "address": "12 River Lane\nOxford OX1 1AA",
}


def seed_limit_c() -> dict[str, Any]:
    """The person, and one session."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import User
    from django.contrib.sessions.backends.db import SessionStore

    user = User.objects.create_user(USERNAME, f"{USERNAME}@example.org", PASSWORD)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return {"cookies": {"sessionid": str(session.session_key), "csrftoken": "x" * 32}}


def seed_portal() -> dict[str, Any]:
    """The person with a filled profile, a history and sessions in several browsers; and people who only sign in."""
    from django.contrib.auth.models import Group
    from django.utils import timezone

    from myaccount.users.models import User
    from myaccount.users.names import canonical_key
    from profile.models import Profile
    from security.recovery.models import RecoverySettings

    now = timezone.now()
    user = User.objects.create_user(
        USERNAME, f"{USERNAME}@example.org", PASSWORD, email_verified_at=now, mobile="+447400123456",
        mobile_verified_at=now, display_name="Alice Liddell", time_zone="Europe/London", language="en",
    )  # fmt: skip
    user.groups.add(Group.objects.create(name="Research"))
    Profile.objects.create(user=user, values=PROFILE)
    RecoverySettings(email_recovery=True, sms_recovery=True, username_recovery=True, captcha="off").save()
    fill(user, now=now)
    _add_events(user, EVENTS - SESSIONS, now=now)
    sessions = [_sign_in(USERNAME, user_agent) for user_agent in USER_AGENTS]
    _add_factors(user, now=now)  # after its sessions, which have no second step to go through
    groups = _people_to_try(user.password)
    known = {username: _sign_in(username, FIREFOX) for username in groups["known"]}
    browsers = {
        username: {name: value for name, value in kept.items() if "known" in name} for username, kept in known.items()
    }
    passkeys = [f"passkey{number}" for number in range(PEOPLE_WITH_PASSKEYS)]
    User.objects.bulk_create(
        User(username=name, username_key=canonical_key(name), password=user.password) for name in passkeys
    )
    approver = User.objects.create(username=APPROVER, password=user.password)
    approver.groups.add(Group.objects.create(name="Approvers"))
    return {
        "cookies": sessions[-1],
        "browsers": browsers,
        "groups": groups,
        "passkeys": passkeys,
        "approver": _sign_in(APPROVER, FIREFOX),
    }


def _add_factors(user: Any, *, now: Any) -> None:
    """Three: an app, a mobile number, backup codes."""
    from myaccount.activity.services import SYSTEM
    from myaccount.web.encryption import encrypt
    from security.factors.backup_codes.services import make
    from security.factors.models import SmsDevice, TotpDevice

    TotpDevice.objects.create(user=user, name="Phone", created_at=now, seed=encrypt(bytes(20)))
    SmsDevice.objects.create(user=user, created_at=now)
    make(user=user, origin=SYSTEM, now=now)


def _people_to_try(encoded: str) -> dict[str, list[str]]:
    """User names of four kinds, for which a wrong password has to take the same time. The unknown ones are nobody's."""
    from django.contrib.auth.hashers import make_password

    from myaccount.users.models import User

    groups = {kind: [f"{kind}{number}" for number in range(PEOPLE_OF_A_KIND)] for kind in KINDS}
    passwords = {"known": encoded, "disabled": encoded, "unusable": make_password(None)}
    for kind, password in passwords.items():
        for username in groups[kind]:
            User.objects.create(username=username, password=password, is_active=kind != "disabled")
    return groups


def _sign_in(username: str, user_agent: str) -> dict[str, str]:
    """Through the page, as people do. Returns the browser's cookies."""
    from urllib.parse import urlsplit

    from django.conf import settings
    from django.test import Client
    from django.urls import reverse

    host = urlsplit(settings.PUBLIC_URL).netloc
    browser = Client(headers={"user-agent": user_agent, "host": host}, REMOTE_ADDR="192.0.2.10")
    browser.get(reverse("sign-in"), secure=True)
    reply = browser.post(reverse("sign-in"), {"identifier": username, "password": PASSWORD}, secure=True)
    if reply.status_code != 302:
        raise SystemExit(f"signing in answered {reply.status_code}")
    return {name: morsel.value for name, morsel in browser.cookies.items()}


def _add_events(user: Any, count: int, *, now: Any) -> None:
    """Events of every kind, one an hour, up to a day ago."""
    from myaccount.activity.kinds import EventKind
    from myaccount.activity.models import Event

    kinds = list(EventKind)
    Event.objects.bulk_create(
        Event(
            at=now - timedelta(hours=24 + count - number),
            kind=kinds[number % len(kinds)].value,
            user_uuid=user.uuid,
            by_uuid=user.uuid,
            ip="192.0.2.10",
            user_agent=USER_AGENTS[number % len(USER_AGENTS)],
        )
        for number in range(count)
    )


def main() -> None:
    """Migrate, fill, and print what the measurements need."""
    django.setup()
    call_command("migrate", verbosity=0)
    print(json.dumps(seed_portal() if sys.argv[1] == "portal" else seed_limit_c()))


if __name__ == "__main__":
    main()
