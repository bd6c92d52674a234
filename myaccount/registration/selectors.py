"""Reads of self-registration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from consent.consents.selectors import needs_system_consent
from consent.purposes.models import Purpose
from consent.purposes.selectors import account_purpose
from myaccount.claims.models import Claim
from myaccount.claims.selectors import registration_claims
from myaccount.registration.models import Registration, RegistrationSettings, State
from myaccount.users.models import User
from myaccount.users.names import canonical_key, has_forbidden_characters
from myaccount.users.selectors import is_name_taken
from security.sign_in.services import WaitingPerson

NEEDED = ("username", "email")  # no account is without them


@dataclass(frozen=True)
class Asked:
    """What people are asked for beside username, address and password, and what it is for."""

    claims: tuple[Claim, ...]
    optional: tuple[Claim, ...]  # kept only with consent
    mandatory: tuple[Claim, ...]  # no account is made without them; username and address among them
    purpose: Purpose


def registration_settings() -> RegistrationSettings:
    """The row as it is now; the defaults, with everything off, where an administrator never saved one. One query."""
    return RegistrationSettings.objects.filter(pk=1).first() or RegistrationSettings(pk=1)


def asked() -> Asked:
    """The attributes marked in the registry, and the words of the system consent. Three queries."""
    claims = registration_claims()
    needed = Claim.objects.filter(name__in=NEEDED)
    return Asked(
        claims=tuple(claims),
        optional=tuple(claim for claim in claims if needs_system_consent(claim)),
        mandatory=(*needed, *(claim for claim in claims if not needs_system_consent(claim))),
        purpose=account_purpose(),
    )


def is_username_taken(username: str) -> bool:
    """Whether somebody has this username, or waits for it. Says nothing of addresses. Two queries at most."""
    key = canonical_key(username)
    waiting = Registration.objects.filter(state=State.WAITING, username_key=key)
    return User.objects.filter(username_key=key).exists() or waiting.exists()


def why_impossible(registration: Registration) -> str:
    """Why it can no longer become an account, in the language in use; empty where it can. Two queries at most."""
    keys = Q(username_key__in=_keys(registration)) | Q(email_key__in=_keys(registration))
    others = Registration.objects.filter(keys, state=State.WAITING).exclude(pk=registration.pk)
    if is_name_taken(registration.username) or is_name_taken(registration.email) or others.exists():
        return _("The username or the e-mail address has been taken meanwhile.")
    if account_purpose().version != registration.purpose_version:
        return _("What the organisation keeps attributes for has been changed since the person agreed to it.")
    return ""


def waiting_person(identifier: str) -> WaitingPerson | None:
    """Who waits for approval under a username or address, for the sign-in page. One query."""
    key = canonical_key(identifier)
    if has_forbidden_characters(key):
        return None
    names = Registration.objects.filter(Q(username_key=key) | Q(email_key=key), state=State.WAITING)
    found = names.only("username", "password").order_by("started_at").first()
    return WaitingPerson(found.username, found.password) if found else None


def shown_attributes(values: dict[str, str]) -> Sequence[tuple[Claim, str]]:
    """Attributes with their stored values, in the registry's order; one that is no longer in it is left out."""
    return [(claim, values[claim.name]) for claim in Claim.objects.filter(name__in=values)]


def _keys(registration: Registration) -> tuple[str, str]:
    return registration.username_key, registration.email_key
