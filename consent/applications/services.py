"""Changes to applications, by administrators only; each writes the event that names what changed, never a secret."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from oauth2_provider.generators import generate_client_secret

from consent.applications.models import Application, Favourite
from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.users.models import User


def prepare(application: Application) -> None:
    """Give an application what all have in common: one way to sign in, one signature, a secret kept as a digest."""
    application.authorization_grant_type = Application.GRANT_AUTHORIZATION_CODE
    application.algorithm = Application.RS256_ALGORITHM
    application.hash_client_secret = True
    application.skip_authorization = False
    application.sector = application.sector.strip()


@transaction.atomic
def save_new(*, application: Application) -> str:
    """Store a new application. Returns its secret, which nobody can read again; empty for a public one."""
    prepare(application)
    secret = str(generate_client_secret())
    application.client_secret = secret
    application.save()
    return secret if application.client_type == Application.CLIENT_CONFIDENTIAL else ""


@transaction.atomic
def save_changed(*, application: Application) -> None:
    """Store an application that was changed; its secret stays."""
    prepare(application)
    application.save()


@transaction.atomic
def new_secret(*, application: Application, by: User, origin: Origin, now: datetime) -> str:
    """Replace the secret, from this moment on. Returns the new one, which nobody can read again."""
    secret = str(generate_client_secret())
    application.client_secret = secret
    application.save(update_fields=["client_secret", "updated"])
    note_change(application=application, changed=["client_secret"], by=by, origin=origin, now=now)
    return secret


@transaction.atomic
def note_change(*, application: Application, changed: Iterable[str], by: User, origin: Origin, now: datetime) -> None:
    """Write which parts of an application an administrator changed."""
    record(
        EventKind.APPLICATION_CHANGED,
        user=None,
        by=by,
        origin=origin,
        now=now,
        data={"application": application.name, "client_id": application.client_id, "changed": list(changed)},
    )


@transaction.atomic
def remove(*, application: Application, by: User, origin: Origin, now: datetime) -> None:
    """Delete an application with the consents given to it, its codes and its tokens. Receipts of the consents stay."""
    note_change(application=application, changed=["removed"], by=by, origin=origin, now=now)
    application.delete()


@transaction.atomic
def set_favourite(*, user: User, application: Application, is_favourite: bool) -> None:
    """Have an application listed first, or no longer."""
    if is_favourite:
        Favourite.objects.get_or_create(user=user, application=application)
    else:
        Favourite.objects.filter(user=user, application=application).delete()
