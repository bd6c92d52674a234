"""What people are told of the deletion of their account, at every address that is known to be theirs."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any, Final

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation

from myaccount.activity.services import Origin
from myaccount.deletion.models import AccountDeletion
from myaccount.deletion.selectors import day_of
from myaccount.outbox import services as outbox
from myaccount.users.models import User
from myaccount.web import formats
from security.recovery.selectors import addresses_of
from sessions_app.selectors import describe_user_agent

ERASED: Final = "account_erased"  # the topic of what is the last message to a person


def requested(deletion: AccountDeletion, *, origin: Origin, now: datetime) -> None:
    """By e-mail and text message: until when it can be cancelled, and what to do if it was somebody else."""
    user = deletion.user
    context: dict[str, Any] = {**_facts(now), "day": partial(day_of, deletion.erase_at)}
    if origin.ip:  # there is none where it had waited for approval
        context["browser"] = partial(describe_user_agent, origin.user_agent)
        context["ip"] = origin.ip
    for address in addresses_of(user):
        outbox.send_email("deletion_requested", to=address, user=user, now=now, context=context)
    if user.mobile and user.mobile_verified_at:
        outbox.send_sms("deletion_requested", to=user.mobile, user=user, now=now, context=context)


def cancelled(user: User, *, now: datetime, is_by_administrator: bool, reason: str) -> None:
    """By e-mail: the account stays, and who has kept it."""
    context = {**_facts(now), "by_administrator": is_by_administrator, "reason_given": reason}
    for address in addresses_of(user):
        outbox.send_email("deletion_cancelled", to=address, user=user, now=now, context=context)


def erased(user: User, addresses: list[str], *, now: datetime) -> None:
    """The last message, to the addresses there were, in the language there was: nobody has it to their name."""
    zone = formats.zone(user.time_zone) or timezone.get_default_timezone()
    with translation.override(user.language or settings.LANGUAGE_CODE), timezone.override(zone):
        for address in addresses:
            context = {"at": partial(formats.moment, now)}
            outbox.send_email(ERASED, to=address, user=None, now=now, context=context, is_secret=True)


def _facts(now: datetime) -> dict[str, Any]:
    return {"at": partial(formats.moment, now), "link": settings.PUBLIC_URL + reverse("sign-in")}
