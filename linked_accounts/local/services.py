"""Rules of linking two accounts. Switching itself is a way of signing in: `security/sign_in/flows.py`."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Q

from linked_accounts.local.models import LocalLink
from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.outbox import services as outbox
from myaccount.users.models import User
from myaccount.web import formats
from sessions_app import selectors as sessions_selectors
from sessions_app import services as sessions

TOLD_AGAIN_AFTER: Final = timedelta(hours=24)


class LinkRefused(Exception):  # noqa: N818
    """These two accounts cannot be linked."""


class IsOneself(LinkRefused):
    """Both are the same account."""


class AlreadyLinked(LinkRefused):
    """They are linked."""


class Disabled(LinkRefused):
    """One of them was switched off meanwhile."""


@transaction.atomic
def link(*, user: User, other: User, origin: Origin, now: datetime) -> LocalLink:
    """Link two accounts; both were signed in to in full by whoever asks for it (security 70).

    Raises IsOneself, AlreadyLinked (of any number of parallel requests all but one), Disabled.
    """
    if user.pk == other.pk:
        raise IsOneself
    first, second = sorted([user.pk, other.pk])
    # `no_key`: rows that name a person are written meanwhile. `values_list`: counting would lock nothing.
    active = User.objects.filter(pk__in=[first, second], is_active=True).order_by("pk").values_list("pk", flat=True)
    if list(active.select_for_update(no_key=True)) != [first, second]:
        raise Disabled
    try:
        with transaction.atomic():
            made = LocalLink.objects.create(first_id=first, second_id=second, linked_at=now)
    except IntegrityError as error:
        raise AlreadyLinked from error
    _tell_both(EventKind.ACCOUNT_LINKED, "account_linked", user, other, origin=origin, now=now)
    return made


@transaction.atomic
def unlink(*, user: User, other: User, origin: Origin, now: datetime, by: User | None = None) -> bool:
    """End a link from either side. False if it was over already (security 71).

    The sessions that came by it end as the row goes: `linked_accounts/receivers.py`. `by` is an administrator.
    """
    first, second = sorted((user.pk, other.pk))
    deleted, _ = LocalLink.objects.filter(first_id=first, second_id=second).delete()
    if not deleted:
        return False
    _tell_both(EventKind.ACCOUNT_UNLINKED, "account_unlinked", user, other, origin=origin, now=now, by=by)
    return True


@transaction.atomic
def end_sessions_of(gone: LocalLink, *, now: datetime) -> None:
    """End what came by a link that went with one of its accounts: nobody stays in the other by it (security 71)."""
    for user, source in ((gone.first, gone.second), (gone.second, gone.first)):
        sessions.end_switched(user=user, source=source, now=now)


@transaction.atomic
def refused(*, user: User, origin: Origin, now: datetime) -> None:
    """Note that somebody tried to link another account to this one, and could not prove that it is theirs."""
    record(EventKind.ACCOUNT_LINK_REFUSED, user=user, origin=origin, now=now)


@transaction.atomic
def tell_of_switch(*, source: User, target: User, origin: Origin, now: datetime) -> bool:
    """Mail both people that somebody switched, at most once a day each way; their histories tell of each time.

    Each way by itself: what was told of going from the one to the other hides nobody who comes the other way.
    """
    first, second = sorted((source.pk, target.pk))
    told = "told_of_first_at" if target.pk == first else "told_of_second_at"
    is_untold = Q(**{told: None}) | Q(**{f"{told}__lte": now - TOLD_AGAIN_AFTER})
    if not LocalLink.objects.filter(is_untold, first_id=first, second_id=second).update(**{told: now}):
        return False
    _mail("account_switched", source, target.username, origin=origin, now=now, is_target=False)
    _mail("account_switched", target, source.username, origin=origin, now=now, is_target=True)
    return True


def _tell_both(
    kind: EventKind, topic: str, user: User, other: User, *, origin: Origin, now: datetime, by: User | None = None
) -> None:
    for person, linked in ((user, other), (other, user)):
        record(kind, user=person, origin=origin, now=now, by=by, data={"account": linked.username})
        _mail(topic, person, linked.username, origin=origin, now=now, by_administrator=by is not None)


def _mail(topic: str, user: User, account: str, *, origin: Origin, now: datetime, **more: bool) -> None:
    address = outbox.address_of(user)
    if not address:
        return
    context = {
        "username": user.username,
        "account": account,
        "browser": partial(sessions_selectors.describe_user_agent, origin.user_agent),
        "ip": origin.ip,
        "at": partial(formats.moment, now),
        **more,
    }
    outbox.send_email(topic, to=address, user=user, now=now, context=context)
