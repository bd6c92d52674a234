"""Changing one's password."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Final

from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from myaccount.activity.kinds import EventKind
from myaccount.activity.services import record
from myaccount.outbox import services as outbox
from myaccount.users.backends import normalize_password
from myaccount.users.models import User
from myaccount.web import formats
from myaccount.web.requests import origin
from security.attempts import confirmation_attempt
from security.models import PastPassword
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
    PastPassword.objects.create(user=user, password=user.password, replaced_at=now)
    _forget_oldest(user)
    user.set_password(normalize_password(new))
    user.password_changed_at = now
    user.save(update_fields=["password", "password_changed_at"])
    source = origin(request)
    sessions.end_all(user=user, reason=EndReason.PASSWORD_CHANGED, origin=source, now=now, keep=source.session_uuid)
    record(EventKind.PASSWORD_CHANGED, user=user, origin=source, now=now)
    address = outbox.address_of(user)
    if address:
        context = {
            "browser": partial(sessions_selectors.describe_user_agent, source.user_agent),
            "ip": source.ip,
            "at": partial(formats.moment, now),
        }
        outbox.send_email("password_changed", to=address, user=user, now=now, context=context)


def _forget_oldest(user: User) -> None:
    kept = PastPassword.objects.filter(user=user).order_by("-replaced_at").values_list("pk", flat=True)[:KEPT_PASSWORDS]
    PastPassword.objects.filter(user=user).exclude(pk__in=list(kept)).delete()
