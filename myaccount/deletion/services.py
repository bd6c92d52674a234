"""Deletes accounts at their own people's wish: asked for, kept after all, or erased when the time has come."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import translation

from myaccount.activity.kinds import EventKind
from myaccount.activity.services import SYSTEM, Origin, record
from myaccount.claims.models import Claim
from myaccount.deletion import telling
from myaccount.deletion.models import AccountDeletion, Ending
from myaccount.deletion.selectors import deletion_settings, is_administrator
from myaccount.operations import services as operations
from myaccount.operations.registry import Submission
from myaccount.users import services as users
from myaccount.users.models import User
from myaccount.users.signals import account_leaving
from profile.selectors import attribute_values
from security.recovery.selectors import addresses_of
from sessions_app import services as sessions
from sessions_app.services import EndReason

ACTION = "deletion.delete_own_account"

logger = logging.getLogger(__name__)


class Administrator(Exception):  # noqa: N818
    """The account has rights in administration: somebody else has to take them away first."""


@transaction.atomic
def submit(*, user: User, origin: Origin, now: datetime) -> AccountDeletion | None:
    """Ask for the deletion of one's own account: its cooling-off period begins, unless a workflow holds it first.

    None while it waits for approval. Raises Administrator, or operations.registry.OperationImpossible.
    """
    if is_administrator(user):
        raise Administrator
    done = operations.submit(
        Submission(
            action=ACTION,
            payload={},
            subject_name=user.username,
            subject_uuid=user.uuid,
            requester=user,
            attributes=attribute_values(user, list(Claim.objects.values_list("name", flat=True))),
        ),
        origin=origin,
        now=now,
    )
    return done.result if isinstance(done, operations.Done) else None  # type: ignore[return-value]


@transaction.atomic
def start(*, user: User, origin: Origin, now: datetime) -> AccountDeletion:
    """Begin the cooling-off period: event, messages to every address, and everybody who is signed in is out.

    Tokens of applications end, those with offline access too, and the applications are told (security 17, 18).
    Asked for twice, it has begun once. Raises Administrator.
    """
    locked = User.objects.select_for_update().get(pk=user.pk)  # signing in waits for this, and then asks
    if is_administrator(locked):
        raise Administrator
    erase_at = now + timedelta(days=deletion_settings().cooling_off_days)
    deletion, is_new = AccountDeletion.objects.get_or_create(
        user=locked, defaults={"requested_at": now, "erase_at": erase_at}
    )
    if is_new:
        record(EventKind.DELETION_REQUESTED, user=locked, origin=origin, now=now)
        telling.requested(deletion, origin=origin, now=now)
        reason = EndReason.TERMINATED
        sessions.end_all(user=locked, reason=reason, origin=origin, now=now, ends_offline=True)
        account_leaving.send(User, user=locked, origin=origin, now=now)
    return deletion


@transaction.atomic
def cancel(*, user: User, origin: Origin, now: datetime, by: User | None = None, reason: str = "") -> bool:
    """Keep an account after all, as its person or an administrator wants it. False if there is nothing to cancel.

    Of this and the job that erases one wins: both need the row.
    """
    if not AccountDeletion.objects.filter(user=user).delete()[0]:
        return False
    data = {"reason_given": reason} if reason else {}
    record(EventKind.DELETION_CANCELLED, user=user, origin=origin, now=now, by=by, data=data)
    is_by_administrator = by is not None and by != user
    telling.cancelled(user, now=now, is_by_administrator=is_by_administrator, reason=reason)
    return True


def erase_due(*, now: datetime) -> int:
    """Erase the accounts whose time has come, each in a transaction of its own. Returns how many.

    One that fails stops no other, and is tried again the next time. Raises the first failure in the end.
    """
    erased, failures = 0, []
    due = AccountDeletion.objects.filter(erase_at__lte=now).order_by("erase_at")
    for pk in list(due.filter(user__is_staff=False, user__is_superuser=False).values_list("pk", flat=True)):
        try:
            erased += erase(pk, now=now)
        except Exception as failure:
            logger.exception("an account could not be erased")
            failures.append(failure)
    if failures:
        raise failures[0]
    return erased


@transaction.atomic
def erase(pk: int, *, now: datetime) -> bool:
    """Erase one account, or make it anonymous, as administrators have decided. False if it is no longer to be.

    All of it or nothing: a worker that dies in the middle leaves the account as it was.
    """
    held = AccountDeletion.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk, erase_at__lte=now)
    deletion = held.select_related("user").first()
    if deletion is None:
        return False
    user = users.lock_to_erase(deletion.user)
    if user is None or is_administrator(user):
        return False
    addresses, ending = addresses_of(user), Ending(deletion_settings().ending)
    end = users.make_anonymous if ending == Ending.MAKE_ANONYMOUS else users.erase
    with translation.override(user.language or settings.LANGUAGE_CODE):  # of the last receipts
        end(user=user, origin=SYSTEM, now=now)
    record(EventKind.ACCOUNT_ERASED, user=user, origin=SYSTEM, now=now)
    telling.erased(user, addresses, now=now)
    return True
