"""Changing one's password."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.outbox import services as outbox
from myaccount.users.backends import normalize_password
from myaccount.users.models import User
from myaccount.users.signals import password_changed
from myaccount.web import formats
from myaccount.web.requests import origin
from security.attempts import confirmation_attempt
from security.models import PasswordDemand, PastPassword
from security.sign_in.services import is_own_password
from sessions_app import selectors as sessions_selectors
from sessions_app import services as sessions
from sessions_app.services import EndReason

KEPT_PASSWORDS: Final = 5


class WrongPassword(Exception):  # noqa: N818
    """The current password was not right."""


class ChangedMeanwhile(Exception):  # noqa: N818
    """The password was changed elsewhere while this change was being checked."""


def check_current_password(request: HttpRequest, *, user: User, password: str, now: datetime) -> None:
    """Check it as sign-in would: counted, and counted first. Raises WrongPassword or TooManyAttempts (security 34)."""
    attempt = confirmation_attempt(request, user)
    attempt.reserve(now=now)
    if not is_own_password(request, attempt, user=user, password=password):
        record(EventKind.PASSWORD_CHANGE_REFUSED, user=user, origin=origin(request), now=now)
        raise WrongPassword
    attempt.succeeded()


def check_not_used_before(*, user: User, password: str) -> None:
    """Refuse the current password and the last few. Only for somebody who has shown the current one.

    Raises ValidationError.
    """
    password = normalize_password(password)
    past = PastPassword.objects.filter(user=user).order_by("-replaced_at")[:KEPT_PASSWORDS]
    if any(check_password(password, old) for old in [user.password, *(p.password for p in past)]):
        raise ValidationError(_("You have used it before."), code="used_before")


@transaction.atomic
def change(request: HttpRequest, *, user: User, new: str, now: datetime) -> None:
    """Set a new password that has passed all checks; end the other sessions and tell the person.

    The session it is done in stays. Raises ChangedMeanwhile.
    """
    locked = User.objects.select_for_update().get(pk=user.pk)
    if locked.password != user.password:
        raise ChangedMeanwhile
    source = origin(request)
    replace(user=user, new=new, origin=source, now=now, keep=source.session_uuid)
    record(EventKind.PASSWORD_CHANGED, user=user, origin=source, now=now)
    address = outbox.address_of(user)
    if address:
        context = {
            "browser": partial(sessions_selectors.describe_user_agent, source.user_agent),
            "ip": source.ip,
            "at": partial(formats.moment, now),
        }
        outbox.send_email("password_changed", to=address, user=user, now=now, context=context)


@transaction.atomic
def replace(*, user: User, new: str, origin: Origin, now: datetime, keep: UUID | None) -> None:
    """Put a new password, which has passed all checks, in the old one's place; end the sessions except `keep`.

    Where none is kept the account was recovered or an administrator asked for it: then offline access ends, too.
    The caller holds the person's row, records the event and tells the person.
    """
    PastPassword.objects.create(user=user, password=user.password, replaced_at=now)
    _forget_oldest(user)
    PasswordDemand.objects.filter(user=user).delete()
    user.set_password(normalize_password(new))
    user.password_changed_at = now
    user.save(update_fields=["password", "password_changed_at"])
    reason = EndReason.PASSWORD_CHANGED
    sessions.end_all(user=user, reason=reason, origin=origin, now=now, keep=keep, ends_offline=keep is None)
    password_changed.send(User, user=user, origin=origin, now=now)


@transaction.atomic
def demand(*, user: User, by: User, origin: Origin, now: datetime) -> None:
    """Ask the person for a new password at their next sign-in; who is signed in now is out."""
    PasswordDemand.objects.get_or_create(user=user, defaults={"asked_at": now})
    record(EventKind.PASSWORD_DEMANDED, user=user, by=by, origin=origin, now=now)
    own = origin.session_uuid if by == user else None
    sessions.end_all(
        user=user, reason=EndReason.BY_ADMINISTRATOR, origin=origin, now=now, keep=own, by=by, ends_offline=True
    )


def is_demanded(user: User) -> bool:
    """Whether the person is asked for a new password at their next sign-in. One query."""
    return PasswordDemand.objects.filter(user=user).exists()


@transaction.atomic
def meet_demand(*, user: User, new: str, origin: Origin, now: datetime) -> None:
    """Set the password that was asked for, which has passed all checks. Called on the way in, all factors shown."""
    locked = User.objects.select_for_update().get(pk=user.pk)
    replace(user=locked, new=new, origin=origin, now=now, keep=None)
    user.password, user.password_changed_at = locked.password, locked.password_changed_at
    record(EventKind.PASSWORD_CHANGED, user=user, origin=origin, now=now)


def _forget_oldest(user: User) -> None:
    kept = PastPassword.objects.filter(user=user).order_by("-replaced_at").values_list("pk", flat=True)[:KEPT_PASSWORDS]
    PastPassword.objects.filter(user=user).exclude(pk__in=list(kept)).delete()
