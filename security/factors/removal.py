"""Removing factors: by their person, by an administrator, and where the number of one is taken away."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from myaccount.activity.services import Origin
from myaccount.users.models import User
from myaccount.users.signals import ChangeRefused
from myaccount.users.ways_in import ways_in
from security.factors import telling
from security.factors.kinds import Authenticator
from security.factors.models import BackupCodes, Factor, PreferredFactor, SecurityDevice, SmsDevice
from security.factors.selectors import MODELS, enrolled
from security.policy.selectors import demand_on, sign_in_policy, steps_for


class LastWayIn(ChangeRefused):
    """It is a passkey, and without it nobody could sign in to the account any more."""


class StillRequired(ChangeRefused):
    """The organisation asks this person for a second factor, and it is the last one."""


def is_last(user: User, factor: Factor) -> bool:
    """Whether the person has no second factor left without this one; backup codes are none of their own."""
    if isinstance(factor, BackupCodes):
        return False
    return [(f.authenticator, f.pk) for f in enrolled(user).real] == [(factor.authenticator, factor.pk)]


def is_way_in(factor: Factor) -> bool:
    """Whether one can sign in with it alone: a passkey."""
    return isinstance(factor, SecurityDevice) and factor.is_passwordless


def is_required(user: User) -> bool:
    """Whether the organisation asks this person for a second factor, now or at the end of the time to set one up."""
    if demand_on(user, sign_in_policy()).is_required:
        return True
    return any(len(steps or ()) > 1 for steps in (steps_for(user, is_known_browser=known) for known in (True, False)))


@transaction.atomic
def remove(*, factor: Factor, origin: Origin, now: datetime, by: User | None = None, reason: str = "") -> None:
    """Remove a factor. The last one takes the backup codes along, and stays where the policy requires one.

    An administrator may remove even that of somebody else: who has lost it is led to a new one. Raises StillRequired.
    """
    user = User.objects.select_for_update().get(pk=factor.user_id)
    is_the_last = is_last(user, factor)
    if is_the_last and by in (None, user) and is_required(user):
        raise StillRequired(
            _("Your organisation asks you for a second factor, and this is your last one. Add another first.")
        )
    if by in (None, user) and is_way_in(factor) and ways_in(user) <= 1:
        raise LastWayIn(_("It is the only way you can sign in. Add another passkey or connect another account first."))
    deleted, _rows = type(factor).objects.filter(pk=factor.pk).delete()
    if not deleted:
        return
    if is_the_last:
        BackupCodes.objects.filter(user=user).delete()
    if not type(factor).objects.filter(user=user).exists():
        PreferredFactor.objects.filter(user=user, authenticator=factor.authenticator).delete()
    telling.removed(user, factor.authenticator, factor.name, origin=origin, now=now, by=by, reason=reason)


@transaction.atomic
def remove_sms_of(user: User, *, origin: Origin, now: datetime, by: User | None = None) -> None:
    """The mobile number is gone or no longer proven, so it proves nothing. Raises StillRequired."""
    factor = SmsDevice.objects.filter(user=user).first()
    if factor is not None:
        remove(factor=factor, origin=origin, now=now, by=by)


@transaction.atomic
def remove_all_lost(user: User, *, origin: Origin, now: datetime) -> None:
    """The person has lost every second factor and waited for as long as administrators ask: all of them go."""
    have = enrolled(user).factors
    for model in MODELS.values():
        model.objects.filter(user=user).delete()
    PreferredFactor.objects.filter(user=user).delete()
    for factor in have:
        telling.removed(user, factor.authenticator, factor.name, origin=origin, now=now)


def shown_name(factor: Factor) -> str:
    """What the person knows it by."""
    return factor.name or str(Authenticator(factor.authenticator).label)
