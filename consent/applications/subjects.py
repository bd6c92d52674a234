"""What an application knows a person by (OpenID Connect Core 1.0, section 8)."""

from __future__ import annotations

from urllib.parse import urlsplit

from consent.applications.models import Application, PairwiseSubject, SubjectType
from myaccount.users.models import User


def subject_of(user: User, application: Application) -> str:
    """The same for as long as the account and the sector last. At most one query for a subject that is there."""
    if application.subject_type == SubjectType.PUBLIC:
        return str(user.uuid)
    found, _is_new = PairwiseSubject.objects.get_or_create(user=user, sector=sector_of(application))
    return str(found.subject)


def sector_of(application: Application) -> str:
    """What an administrator gave, or the host of the redirect URIs; an application of several hosts is its own."""
    if application.sector:
        return application.sector
    hosts = {urlsplit(uri).hostname or "" for uri in application.redirect_uris.split()}
    return hosts.pop() if len(hosts) == 1 else str(application.uuid)
