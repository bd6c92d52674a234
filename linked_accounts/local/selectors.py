"""Reads about linked accounts."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from linked_accounts.local.models import LocalLink
from myaccount.users.models import User
from myaccount.web import formats


@dataclass(frozen=True)
class LinkedAccount:
    """An account one may switch to, as the page shows it and as the avatar draws it."""

    pk: int  # of the link
    display_name: str
    username: str
    initials: str
    picture_url: str
    since: str
    is_active: bool
    can_switch: bool


def linked_accounts(user: User, *, switched_from: UUID | None) -> list[LinkedAccount]:
    """The accounts linked to this one, by username. One query.

    Who has switched here from another account may go back to that one only: links are not transitive (security 71).
    """
    links = LocalLink.objects.filter(Q(first=user) | Q(second=user)).select_related("first", "second")
    others = sorted(((other_of(link, user), link) for link in links), key=lambda pair: pair[0].username_key)
    return [
        LinkedAccount(
            pk=link.pk,
            display_name=other.name,
            username=other.username,
            initials=other.initials,
            picture_url=other.picture,
            since=formats.day(link.linked_at),
            is_active=other.is_active,
            can_switch=may_switch(other, switched_from=switched_from),
        )
        for other, link in others
    ]


def may_switch(other: User, *, switched_from: UUID | None) -> bool:
    """Whether one may switch to a linked account: an active one; who has switched already, only back."""
    return other.is_active and switched_from in (None, other.uuid)


def is_linked(request: HttpRequest, user: User) -> bool:
    """Whether who is signed in may switch to `user`. One query, in a transaction.

    Until its end nobody removes the link: who does finds the session that came by it, and ends it (security 71).
    """
    source, switched_from = request.user, getattr(request.login_session, "switched_from", None)  # type: ignore[attr-defined]
    if not isinstance(source, User) or not may_switch(user, switched_from=switched_from):
        return False
    first, second = sorted((source, user), key=lambda person: person.pk)
    return LocalLink.objects.select_for_update().filter(first=first, second=second).first() is not None


def pairs() -> QuerySet[LocalLink]:
    """Every two accounts that one person has linked."""
    return LocalLink.objects.all()


def own_link(user: User, pk: int) -> LocalLink | None:
    """One of the person's own links; None for anybody else's. One query."""
    return (
        LocalLink.objects.filter(Q(first=user) | Q(second=user)).select_related("first", "second").filter(pk=pk).first()
    )


def link_with(user: User, uuid: UUID | None) -> LocalLink | None:
    """The link with the account of this public id. One query."""
    own = Q(first=user, second__uuid=uuid) | Q(second=user, first__uuid=uuid)
    return LocalLink.objects.filter(own).select_related("first", "second").first() if uuid else None


def other_of(link: LocalLink, user: User) -> User:
    """The account at the other end."""
    return link.second if link.first_id == user.pk else link.first
