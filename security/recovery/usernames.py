"""A forgotten user name: told to the proven address it belongs to, and to nobody else."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from myaccount.outbox import services as outbox
from myaccount.users.models import User
from myaccount.users.names import canonical_key
from security.recovery.models import RecoveryAddress
from security.recovery.selectors import recovery_settings


@transaction.atomic
def send(address: str, *, now: datetime) -> None:
    """The job: mail the user names an address belongs to, or that there is no account, to whoever reads it.

    The mail goes to the address as it is stored, not as it was typed (security 43).
    """
    if not recovery_settings().username_recovery:
        return
    key = canonical_key(address)
    own = User.objects.filter(email_key=key, is_active=True).first()
    extra = RecoveryAddress.objects.filter(email__iexact=address, user__is_active=True).exclude(verified_at=None)
    people = list(
        {user.pk: user for user in [own, *(row.user for row in extra.select_related("user")[:10])] if user}.values()
    )
    link = settings.PUBLIC_URL + reverse("sign-in")
    if not people:
        outbox.send_email("no_account", to=address, user=None, now=now, context={"link": link})
        return
    to = own.email if own else extra[0].email
    names = [user.username for user in people]
    outbox.send_email("usernames", to=to, user=people[0], now=now, context={"usernames": names, "link": link})
