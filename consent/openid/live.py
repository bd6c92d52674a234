"""When a code or a token is good: read from the database at each use (security 18, 79, 81)."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Final

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet

from consent.applications.models import Application
from consent.consents.models import Consent, State
from consent.tokens.models import AccessToken, Grant, RefreshToken
from myaccount.users.models import User
from myaccount.web.kept_queries import Given, KeptQuery
from security.policy.selectors import has_chain


def digest(secret: str) -> str:
    """How codes and tokens are kept."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _applications() -> QuerySet[Application]:
    of_groups = Application.groups.through.objects.filter(application=OuterRef("pk"))
    found = Application.objects.filter(client_id=Given("client_id"), is_active=True).defer("logo")
    return found.annotate(is_for_groups=Exists(of_groups), has_chain=has_chain(OuterRef("client_id")))


_APPLICATION: Final = KeptQuery(_applications)


def application(client_id: str) -> Any:
    """One that people can sign in to, with whether it is for members of groups only and has a chain of its own.

    One query, none for what no client ID of ours looks like.
    """
    if not client_id or "\x00" in client_id:
        return None
    return next(iter(_APPLICATION.fetch(client_id=client_id)), None)


def may_use(user: User, application: Any) -> bool:
    """Whether the person is in one of the groups the application is for. One query, none where it is for everybody."""
    return not application.is_for_groups or application.groups.filter(pk__in=user.groups.values("pk")).exists()


def _live(now: Given) -> Q:
    """In a query about codes or tokens: application and person active, the person still let in, the session they were
    given in not over or not needed, and the consent in force."""
    groups = Application.groups.through.objects.filter(application=OuterRef("application"))
    theirs = groups.filter(
        group__in=User.groups.through.objects.filter(user=OuterRef(OuterRef("user"))).values("group")
    )
    consent = Consent.objects.filter(
        Q(valid_until=None) | Q(valid_until__gt=now),
        user=OuterRef("user"),
        application=OuterRef("application"),
        state=State.ACTIVE,
    )
    return Q(
        Q(is_offline=True) | Q(login_session__isnull=False, login_session__ended_at=None),
        ~Exists(groups) | Exists(theirs),
        Exists(consent),
        application__is_active=True,
        user__is_active=True,
    )


def _with_liveness(rows: QuerySet[Any]) -> QuerySet[Any]:
    is_live = ExpressionWrapper(_live(Given("now")), output_field=BooleanField())
    found: QuerySet[Any] = rows.select_related("user", "application").annotate(is_live=is_live)
    return found.defer("application__logo")


_ACCESS_TOKEN: Final = KeptQuery(
    lambda: AccessToken.objects.select_related("user").filter(
        _live(Given("now")), token_checksum=Given("digest"), expires__gt=Given("now")
    )
)
_GRANT: Final[KeptQuery[Any]] = KeptQuery(lambda: _with_liveness(Grant.objects.filter(code=Given("digest"))))
_REFRESH_TOKEN: Final[KeptQuery[Any]] = KeptQuery(
    lambda: _with_liveness(
        RefreshToken.objects.filter(token_checksum=Given("digest"), application=Given("application"))
    )
)


def access_token(token: str, *, now: datetime) -> Any:
    """A good access token with its person. One query."""
    return next(iter(_ACCESS_TOKEN.fetch(digest=digest(token), now=now)), None)


def grant(code: str, *, now: datetime) -> Any:
    """The code, good or not (`is_live`), used or not; None for one that was never given. One query."""
    return next(iter(_GRANT.fetch(digest=digest(code), now=now)), None)


def refresh_token(token: str, application: Application, *, now: datetime) -> Any:
    """A refresh token of this application, good or not (`is_live`), used or not; None for any other. One query."""
    found = _REFRESH_TOKEN.fetch(digest=digest(token), application=application.pk, now=now)
    return next(iter(found), None)
