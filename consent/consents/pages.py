"""What the pages show of consents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from consent.applications.models import Application
from consent.applications.selectors import initial_of, logo_url
from consent.consents.models import Consent, ConsentedClaim
from consent.consents.selectors import shown
from consent.consents.system import can_erase, kept_by_consent
from consent.purposes.models import Purpose
from consent.purposes.selectors import account_purpose
from myaccount.claims.models import Claim
from myaccount.users.models import User
from myaccount.web import formats
from profile.selectors import attribute_values
from profile.services import PROVEN


@dataclass(frozen=True)
class ConsentRow:
    """One consent as the section shows it."""

    uuid: UUID | None  # none for a system consent nobody has given yet
    title: str
    is_system: bool
    logo_url: str  # empty without one: the initial stands in its place
    initial: str
    is_in_force: bool
    state: str
    since: str
    until: str  # empty: until it is revoked
    detail_url: str
    can_revoke: bool


@dataclass(frozen=True)
class ManageConsent:
    """What the section is made of."""

    system: ConsentRow
    in_force: tuple[ConsentRow, ...]
    revoked: tuple[ConsentRow, ...]


def manage_consent(user: User, *, now: datetime) -> ManageConsent:
    """The system consent, then those to applications: the ones in force, and the others. One query."""
    consents = (
        Consent.objects.filter(user=user)
        .select_related("application")
        .defer("application__logo")
        .annotate(has_logo=~Q(application__logo=b""))
        .order_by("application__name", "given_at")
    )
    rows = [row_of(consent, now=now) for consent in consents]
    system = next((row for row in rows if row.is_system), _nothing_given())
    others = [row for row in rows if not row.is_system]
    return ManageConsent(
        system=system,
        in_force=tuple(row for row in others if row.is_in_force),
        revoked=tuple(row for row in others if not row.is_in_force),
    )


def row_of(consent: Consent, *, now: datetime) -> ConsentRow:
    """A consent in words."""
    application, is_in_force = consent.application, consent.holds(now=now)
    if application is not None and hasattr(consent, "has_logo"):
        application.has_logo = consent.has_logo  # type: ignore[attr-defined]
    return ConsentRow(
        uuid=consent.uuid,
        title=application.name if application else _("System consent"),
        is_system=application is None,
        logo_url=logo_url(application) if application else "",
        initial=initial_of(application.name) if application else "",
        is_in_force=is_in_force,
        state=state_in_words(is_in_force=is_in_force),
        since=formats.day(consent.given_at if is_in_force else consent.changed_at),
        until=formats.day(consent.valid_until) if consent.valid_until else "",
        detail_url=reverse("consent-detail", args=[consent.uuid]) if application else reverse("system-consent"),
        can_revoke=is_in_force and (application is not None or consent.is_from_registration),
    )


def _nothing_given() -> ConsentRow:
    return ConsentRow(
        uuid=None,
        title=_("System consent"),
        is_system=True,
        logo_url="",
        initial="",
        is_in_force=False,
        state="",
        since="",
        until="",
        detail_url=reverse("system-consent"),
        can_revoke=False,
    )


def state_in_words(*, is_in_force: bool) -> str:
    """One that has run out counts as revoked."""
    return pgettext("consent", "Active") if is_in_force else pgettext("consent", "Revoked")


def own_consent(user: User, uuid: UUID) -> Consent | None:
    """One of the person's own consents; None for anybody else's. One query."""
    return Consent.objects.select_related("application").filter(pk=uuid, user=user).first()


@dataclass(frozen=True)
class KeptClaim:
    """An attribute of the system consent's page."""

    claim: Claim
    is_kept: bool
    shown_value: str
    can_erase: bool
    erased_at: str  # where a value that has to be proven is taken away instead; empty otherwise


@dataclass(frozen=True)
class SystemConsent:
    """What the system consent's page is made of."""

    consent: Consent | None
    is_in_force: bool
    state: str
    can_revoke: bool
    purpose: Purpose
    claims: tuple[KeptClaim, ...]


def system_consent(user: User, *, now: datetime) -> SystemConsent:
    """The attributes kept by consent, with those added since it was given. Five queries at most."""
    consent = Consent.objects.filter(user=user, application=None).first()
    is_in_force = consent is not None and consent.holds(now=now)
    rows = ConsentedClaim.objects.filter(consent=consent) if is_in_force else ()
    kept = {row.claim_id for row in rows if row.holds(now=now)}
    claims = kept_by_consent()
    values = attribute_values(user, [claim.name for claim in claims])
    return SystemConsent(
        consent=consent,
        is_in_force=is_in_force,
        state=state_in_words(is_in_force=is_in_force),
        can_revoke=consent is not None and is_in_force and consent.is_from_registration,
        purpose=account_purpose(),
        claims=tuple(
            KeptClaim(
                claim=claim,
                is_kept=claim.pk in kept,
                shown_value=shown(claim, values.get(claim.name, "")),
                can_erase=can_erase(claim) and claim.name in values,
                erased_at=reverse("edit-contact", args=[claim.name])
                if claim.name in PROVEN and claim.name in values and not claim.is_fixed
                else "",
            )
            for claim in claims
        ),
    )


def application_of(consent: Consent) -> Application:
    """The application of a consent that has one."""
    assert consent.application is not None  # noqa: S101 (callers have looked)
    return consent.application
