"""Rules of connecting accounts at identity providers, and of taking them away again."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from linked_accounts.federated import selectors
from linked_accounts.federated.adapters import Proven
from linked_accounts.federated.models import FederatedIdentity, IdentityProvider
from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.outbox import services as outbox
from myaccount.schedule.batches import SIZE
from myaccount.users.models import User
from myaccount.users.signals import ChangeRefused
from myaccount.users.ways_in import ways_in
from myaccount.web import encryption, formats
from sessions_app import selectors as sessions_selectors
from sessions_app import services as sessions
from sessions_app.services import EndReason


class IdentityTaken(Exception):  # noqa: N818
    """It is connected with another account; whose is nobody's business."""


class LastWayIn(ChangeRefused):
    """Nobody could sign in to the account any more."""


@transaction.atomic
def connect(
    *, user: User, provider: IdentityProvider, proven: Proven, origin: Origin, now: datetime
) -> FederatedIdentity:
    """Let somebody sign in with an identity they have just shown. Once more changes nothing. Raises IdentityTaken."""
    name = selectors.account_name(proven.claims)
    try:
        with transaction.atomic():
            identity = FederatedIdentity.objects.create(
                user=user, provider=provider, issuer=proven.issuer, subject=proven.subject, account_name=name,
                connected_at=now,
            )  # fmt: skip
    except IntegrityError as error:  # two answers at once, or another's (security 72)
        found = selectors.identity_of(proven.issuer, proven.subject)
        if found is None or found.user_id != user.pk:
            raise IdentityTaken from error
        return found
    _tell(EventKind.IDENTITY_CONNECTED, "identity_connected", identity, origin=origin, now=now)
    return identity


@transaction.atomic
def remove(*, user: User, identity: FederatedIdentity, origin: Origin, now: datetime) -> None:
    """Take an identity away; the other sessions end. Raises LastWayIn (security 62)."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if not FederatedIdentity.objects.filter(pk=identity.pk).exists():  # it has just been taken away
        return
    if selectors.is_way_in(identity) and ways_in(user) <= 1:
        raise LastWayIn(_("It is the only way you can sign in. Add a passkey or connect another account first."))
    deleted, _rows = FederatedIdentity.objects.filter(pk=identity.pk, user=user).delete()
    if deleted:
        _tell(EventKind.IDENTITY_REMOVED, "identity_removed", identity, origin=origin, now=now)


@transaction.atomic
def note_use(*, identity_pk: int, account_name: str = "", now: datetime) -> None:
    """Remember that it was signed in or confirmed with, and what the provider calls the account today if it said so."""
    fields = {"account_name": account_name} if account_name else {}
    FederatedIdentity.objects.filter(pk=identity_pk).update(last_used_at=now, **fields)


@transaction.atomic
def note_refusal(*, user: User | None, provider: IdentityProvider, why: str, origin: Origin, now: datetime) -> None:
    """Write that a provider's answer was not believed, and why, for administrators."""
    record(EventKind.IDENTITY_REFUSED, user=user, origin=origin, now=now, data={"provider": provider.name, "why": why})


@transaction.atomic
def note_provider_change(
    *, provider: IdentityProvider, changed: list[str], by: User, origin: Origin, now: datetime
) -> None:
    """Write which settings of a provider an administrator has changed; never what a secret is."""
    data: dict[str, str | int | bool | list[str]] = {"provider": provider.name, "fields": changed}
    record(EventKind.IDENTITY_PROVIDER_CHANGED, user=by, by=by, origin=origin, now=now, data=data)


@transaction.atomic
def encrypt_secrets_anew(*, after: int = 0, batch: int = SIZE) -> tuple[int, int, int]:
    """Close the next secrets with the newest key: (the last row looked at, how many were closed, how many are lost).

    The first is 0 once there are no more.
    """
    found = IdentityProvider.objects.select_for_update().filter(pk__gt=after).exclude(client_secret="")
    rows = list(found.order_by("pk")[:batch])
    closed = []
    for provider in rows:
        try:
            provider.client_secret = encryption.encrypt_anew(provider.client_secret)
        except encryption.CannotDecrypt:
            continue
        closed.append(provider)
    IdentityProvider.objects.bulk_update(closed, ["client_secret"])
    return (rows[-1].pk if rows else 0), len(closed), len(rows) - len(closed)


def _tell(kind: EventKind, topic: str, identity: FederatedIdentity, *, origin: Origin, now: datetime) -> None:
    """Event and mail; the sessions elsewhere end, since whoever is in them did not prove it (security 19)."""
    user, name = identity.user, identity.account_name or identity.subject
    own = origin.session_uuid
    ended = sessions.end_all(user=user, reason=EndReason.IDENTITY_CHANGED, origin=origin, now=now, keep=own)
    record(kind, user=user, origin=origin, now=now, data={"provider": identity.provider.name, "account": name})
    address = outbox.address_of(user)
    if not address:
        return
    context = {
        "provider": identity.provider.name,
        "account": name,
        "browser": partial(sessions_selectors.describe_user_agent, origin.user_agent),
        "ip": origin.ip,
        "at": partial(formats.moment, now),
        "is_way_in": selectors.is_way_in(identity),
        "has_ended_sessions": ended > 0,
    }
    outbox.send_email(topic, to=address, user=user, now=now, context=context)
