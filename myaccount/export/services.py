"""Lets a person take away what the portal keeps of them (security 20, 30)."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Final

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.limits import services as limits
from myaccount.limits.services import Rule
from myaccount.outbox import services as outbox
from myaccount.users.models import User
from myaccount.web import formats
from sessions_app.selectors import describe_user_agent

# Ten, none of them an hour after the one before; then an hour without.
_OFTEN: Final = Rule(
    free_attempts=10,
    first_pause=timedelta(hours=1),
    longest_pause=timedelta(hours=1),
    forgotten_after=timedelta(hours=1),
)


class Form(StrEnum):
    """What the data is taken away as. Values are stored in events: never change one."""

    JSON = "json"
    ZIP = "zip"
    PAGE = "page"

    @property
    def label(self) -> str | Promise:
        """What the person calls it."""
        return {Form.JSON: _("JSON file"), Form.ZIP: _("ZIP file"), Form.PAGE: _("Page to print")}[self]


def begin(*, user: User, form: Form, origin: Origin, now: datetime) -> None:
    """Write down that the data is taken away, and tell the person, before anything of it leaves.

    Raises limits.TooManyAttempts: an export reads everything, so there are only so many an hour.
    """
    limits.reserve({f"export:{user.uuid}": _OFTEN}, now=now)
    with transaction.atomic():
        record(EventKind.DATA_EXPORTED, user=user, origin=origin, now=now, data={"form": form.value})
        address = outbox.address_of(user)
        if address:
            context = {
                "form": form.label,
                "browser": partial(describe_user_agent, origin.user_agent),
                "ip": origin.ip,
                "at": partial(formats.moment, now),
            }
            outbox.send_email("data_exported", to=address, user=user, now=now, context=context)
