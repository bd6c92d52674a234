"""What others announce, and what it means for a person's factors."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from myaccount.activity.services import SYSTEM, Origin
from myaccount.users.models import User
from myaccount.users.signals import account_erased, email_changed, mobile_changed, password_changed
from myaccount.web.requests import origin as origin_of
from security.attempts import unlock_factors
from security.factors import removal, trusted
from security.factors.sms import services as sms
from security.recovery import services as recovery
from security.recovery import waiting
from security.sign_in.adapters import forget_guesses


@receiver(mobile_changed, dispatch_uid="keep the SMS factor in step with the mobile number")
def on_mobile_changed(
    sender: type, *, user: User, purpose: str, origin: Origin, now: datetime, by: User | None = None, **kwargs: Any
) -> None:
    """Codes go to a proven number or to none: the factor follows a proven one, and goes with a number that is not.

    Raises ChangeRefused where the person has to keep the factor.
    """
    source = origin if by in (None, user) else SYSTEM  # where an administrator sits is none of the person's business
    if user.mobile and user.mobile_verified_at:
        sms.number_was_proven(user=user, is_wanted=purpose == sms.PURPOSE, origin=source, now=now)
    elif sms.has_device(user):
        removal.remove_sms_of(user, origin=source, now=now, by=by)


@receiver(password_changed, dispatch_uid="trust no browser with a new password")
def on_password_changed(sender: type, *, user: User, origin: Origin, now: datetime, **kwargs: Any) -> None:
    """Whoever knew the old password may have trusted a browser of theirs (security 19)."""
    trusted.forget(user=user, uuid=None, origin=origin, now=now)


@receiver([email_changed, mobile_changed, password_changed], dispatch_uid="end recoveries under way")
def on_way_in_changed(sender: type, *, user: User, now: datetime, **kwargs: Any) -> None:
    """Whoever has begun to recover the account may have proven it by what is no longer the person's (security 19)."""
    recovery.end_all_of(user, now=now)


@receiver(user_logged_in, dispatch_uid="stop the wait of somebody who has a second factor after all")
def on_signed_in(sender: type, *, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Whoever shows a second factor has not lost all of them: the waiting time is over."""
    if "mfa" in getattr(request, "sign_in_methods", ()):
        waiting.cancel_of(user, origin=origin_of(request), now=timezone.now())


@receiver(account_erased, dispatch_uid="forget the guesses at an erased account")
def on_account_erased(sender: type, *, user: User, **kwargs: Any) -> None:
    """What is counted for good, and what axes keeps; the other budgets go within two days."""
    unlock_factors(user)
    forget_guesses(user)
