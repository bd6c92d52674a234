"""What an application knows a person by (OpenID Connect Core 1.0, section 8)."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

from consent.applications.models import Application, PairwiseSubject, SubjectType
from myaccount.users.models import User


def subject_of(user: User, application: Application) -> str:
    """The same for as long as the account and the sector last. At most one query for a subject that is there."""
    if application.subject_type == SubjectType.PUBLIC:
        return str(user.uuid)
    found, _is_new = PairwiseSubject.objects.get_or_create(user=user, sector=sector_of(application))
    return str(found.subject)


def is_known_as(subject: str, user: User, application: Application) -> bool:
    """Whether the application knows this person by this name. At most one query, which makes no name."""
    if application.subject_type == SubjectType.PUBLIC:
        return subject == str(user.uuid)
    try:
        known = PairwiseSubject.objects.filter(user=user, sector=sector_of(application), subject=UUID(subject))
    except ValueError:
        return False
    return known.exists()


def sector_of(application: Application) -> str:
    """What an administrator gave, or the host of the redirect URIs; an application of several hosts is its own."""
    if application.sector:
        return application.sector
    hosts = {urlsplit(uri).hostname or "" for uri in application.redirect_uris.split()}
    return hosts.pop() if len(hosts) == 1 else str(application.uuid)
