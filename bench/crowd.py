"""A million events, a million decisions about attributes and two hundred thousand sessions of other people.

Made in the database itself.
"""

from __future__ import annotations

from typing import Final

from bench import databases

PEOPLE: Final = 20_000
SESSIONS_EACH: Final = 10
EVENTS_EACH: Final = 50
_FEW: Final = (20, 10, 50)

_PEOPLE: Final = """
INSERT INTO users_user (uuid, username, username_key, password, email, mobile, language, time_zone, display_name,
    picture, is_active, is_staff, is_superuser, date_joined)
SELECT gen_random_uuid(), 'crowd' || n, 'crowd' || n, '!', '', '', '', '', '', '', true, false, false, now()
FROM generate_series(1, {people}) AS n
"""
_SESSIONS: Final = """
INSERT INTO sessions_app_loginsession (uuid, user_id, user_agent, browser, operating_system, device, ip, started_at,
    last_seen_at, ended_at, end_reason, methods)
SELECT gen_random_uuid(), id, 'Mozilla/5.0', 'Firefox', 'Windows 10', '', '198.51.100.7', now(), now(),
    CASE WHEN n % 2 = 0 THEN now() END, CASE WHEN n % 2 = 0 THEN 'signed-out' ELSE '' END, '["pwd"]'
FROM users_user, generate_series(1, {sessions}) AS n WHERE username LIKE 'crowd%'
"""
_BROWSERS: Final = """
INSERT INTO sessions_app_browsersession (session_key, session_data, expire_date, login_session_id)
SELECT replace(uuid::text, '-', ''), repeat('x', 300), now() + interval '1 day', uuid
FROM sessions_app_loginsession WHERE ended_at IS NULL AND user_agent = 'Mozilla/5.0'
"""
_EVENTS: Final = """
INSERT INTO activity_event (at, kind, user_uuid, by_uuid, session_uuid, ip, user_agent, data)
SELECT now() - n * interval '1 hour', 'security.sign_in.succeeded', uuid, uuid, NULL, '198.51.100.7', 'Mozilla/5.0',
    '{{}}'
FROM generate_series(1, {events}) AS n, users_user WHERE username LIKE 'crowd%'
"""

_CONSENTS: Final = """
INSERT INTO consent_consent (uuid, user_id, application_id, state, scope, given_at, changed_at, version,
    is_from_registration)
SELECT gen_random_uuid(), users_user.id, consent_application.id, 'active', 'openid', now(), now(), 1, false
FROM users_user, consent_application WHERE username LIKE 'crowd%'
"""
_DECISIONS: Final = """
INSERT INTO consent_consentedclaim (consent_id, claim_id, is_granted, decided_at, purpose_version)
SELECT consent_consent.uuid, claims_claim.id, true, now(), 1 FROM consent_consent, claims_claim
WHERE consent_consent.user_id IN (SELECT id FROM users_user WHERE username LIKE 'crowd%')
    AND claims_claim.name IN ('username', 'email', 'given_name', 'family_name', 'locale')
"""


def fill(database: str, *, is_large: bool) -> None:
    """Add the crowd: a million events, or a thousand to compare with."""
    people, sessions, events = (PEOPLE, SESSIONS_EACH, EVENTS_EACH) if is_large else _FEW
    for statement in (_PEOPLE, _SESSIONS, _BROWSERS, _EVENTS, _CONSENTS, _DECISIONS):
        databases.execute(database, statement.format(people=people, sessions=sessions, events=events))
    databases.execute(database, "VACUUM ANALYZE")
