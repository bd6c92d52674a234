"""Adds somebody with a short and somebody with a long history to the portal's database: `python -m bench.seed_export`.

Runs in a process of its own with the portal's settings; prints the cookies of a browser each has just signed in with.
"""

from __future__ import annotations

import json
from typing import Final

import django

HISTORIES: Final = {"short": 100, "long": 100_000}  # events
_EVENTS: Final = """
INSERT INTO activity_event (at, kind, user_uuid, by_uuid, session_uuid, ip, user_agent, data)
SELECT now() - (%(events)s - n) * interval '1 minute', (%(kinds)s::text[])[1 + n %% cardinality(%(kinds)s::text[])],
    %(uuid)s, %(uuid)s, NULL, '192.0.2.10', (%(agents)s::text[])[1 + n %% cardinality(%(agents)s::text[])], '{}'
FROM generate_series(1, %(events)s) AS n
"""


def main() -> None:
    """Make the people where there are none yet, then sign them in: an export wants to know that it is them."""
    django.setup()
    from django.db import connection
    from django.utils import timezone

    from bench.seed import FIREFOX, PASSWORD, PROFILE, USER_AGENTS, _sign_in
    from myaccount.activity.kinds import EventKind
    from myaccount.users.models import User
    from profile.models import Profile

    people = {name: f"history.{name}" for name in HISTORIES}
    for name, username in people.items():
        if User.objects.filter(username=username).exists():
            continue
        user = User.objects.create_user(username, f"{username}@example.org", PASSWORD, email_verified_at=timezone.now())
        Profile.objects.create(user=user, values=PROFILE)
        given = {
            "events": HISTORIES[name],
            "kinds": [kind.value for kind in EventKind],
            "uuid": user.uuid,
            "agents": USER_AGENTS,
        }
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute(_EVENTS, given)
            cursor.execute("ANALYZE activity_event")
    print(json.dumps({name: _sign_in(username, FIREFOX) for name, username in people.items()}))


if __name__ == "__main__":
    main()
