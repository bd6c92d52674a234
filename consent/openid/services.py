"""Lets an application in."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from consent.applications.models import Application, ApplicationAccess
from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.users.models import User
from sessions_app.services import LoginSession


@transaction.atomic
def note_access(
    *, login_session: LoginSession, application: Application, user: User, origin: Origin, now: datetime
) -> None:
    """The application is used in this session: the first time that is an event, later it is the time of last access."""
    used = ApplicationAccess.objects.filter(login_session=login_session, application=application)
    if used.update(last_at=now):
        return
    access = ApplicationAccess(login_session=login_session, application=application, first_at=now, last_at=now)
    ApplicationAccess.objects.bulk_create([access], ignore_conflicts=True)
    record(EventKind.APPLICATION_USED, user=user, origin=origin, now=now, data={"application": application.name})
