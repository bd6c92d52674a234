"""What an application asks for, and what it may be told at this moment."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from consent.applications.models import Application, ApplicationClaim
from consent.consents.models import Consent, ConsentedClaim, State
from consent.purposes.models import Purpose
from myaccount.claims.models import Claim
from myaccount.users.models import User
from myaccount.web.kept_queries import Given, KeptQuery
from profile.selectors import attribute_values, shown_attribute

# What no account can do without. All other attributes that are not required are kept by the system consent.
NEVER_NEED_SYSTEM_CONSENT: Final = ("username", "email", "role")


def needs_system_consent(claim: Claim) -> bool:
    """Whether the organisation keeps the attribute beyond those it must."""
    return not claim.is_required and claim.name not in NEVER_NEED_SYSTEM_CONSENT


@dataclass(frozen=True)
class AskedClaim:
    """An attribute an application asks for, and how things stand with it."""

    claim: Claim
    purpose: Purpose
    is_mandatory: bool
    is_agreed: bool  # consent and decision in force, for the purpose as it reads now
    is_granted: bool  # agreed, and the organisation may keep it: only then it is released
    is_decided: bool  # the person has decided about it for this application: granted, refused, or run out since
    value: str  # as it is stored, empty when the profile has none
    shown_value: str
    is_kept_without_consent: bool  # needs no system consent, or has it

    @property
    def name(self) -> str:
        """The attribute's name in the registry."""
        return self.claim.name


@dataclass(frozen=True)
class Asking:
    """What one request of an application asks of one person."""

    application: Application
    claims: tuple[AskedClaim, ...]
    consent: Consent | None
    needs_page: bool  # a mandatory attribute is not granted, or no consent is in force
    missing: tuple[AskedClaim, ...]  # mandatory, and the profile has no value: asked for first

    @property
    def listed(self) -> tuple[AskedClaim, ...]:
        """What the page asks about. What is granted already is not asked again, nor what was refused or has run out
        unless it is mandatory. Where an application has the page shown although nothing is open, what is granted
        can be looked over."""
        if self.needs_page:
            return tuple(c for c in self.claims if not c.is_granted and (c.is_mandatory or not c.is_decided))
        return tuple(c for c in self.claims if c.is_mandatory or c.is_granted or not c.is_decided)

    @property
    def shared_already(self) -> tuple[AskedClaim, ...]:
        """What is granted and so not asked about again."""
        return tuple(c for c in self.claims if c.is_granted) if self.needs_page else ()


@dataclass(frozen=True)
class Decided:
    """A person's decisions about one application, and about what the organisation keeps."""

    consent: Consent | None
    of_application: dict[int, ConsentedClaim]  # by the attribute's key
    kept: frozenset[int]  # keys of attributes the system consent covers now


def asking(*, user: User, application: Application, names: Collection[str], now: datetime) -> Asking:
    """What the request asks of the person, in the registry's order.

    Three queries; one more where nothing has been decided yet, one where roles are asked for.
    """
    asked = [row for row in application_claims(application) if row.claim.name in names]
    return asking_of(user=user, application=application, asked=asked, now=now)


def asking_of(*, user: User, application: Application, asked: Iterable[ApplicationClaim], now: datetime) -> Asking:
    """The same for the attributes given. As many queries, that of `asked` included."""
    rows = list(asked)
    decided = decisions(user, application, now=now)
    values = attribute_values(user, [row.claim.name for row in rows]) if rows else {}
    claims = tuple(_asked_claim(row, decided, values.get(row.claim.name, ""), now=now) for row in rows)
    is_in_force = decided.consent is not None and decided.consent.holds(now=now)
    return Asking(
        application=application,
        claims=claims,
        consent=decided.consent,
        needs_page=not is_in_force or any(c.is_mandatory and not c.is_granted for c in claims),
        missing=tuple(c for c in claims if c.is_mandatory and not c.value),
    )


_LISTED: Final = KeptQuery(
    lambda: (
        ApplicationClaim.objects.filter(application=Given("application"))
        .select_related("claim", "purpose")
        .order_by("claim__order", "claim__name")
    )
)
_DECIDED: Final = KeptQuery(
    lambda: ConsentedClaim.objects.filter(
        Q(consent__application=Given("application")) | Q(consent__application=None), consent__user=Given("user")
    ).select_related("consent")
)


def application_claims(application: Application) -> list[ApplicationClaim]:
    """What an administrator has listed for an application, in the registry's order. One query."""
    return _LISTED.fetch(application=application.pk)


def decisions(user: User, application: Application, *, now: datetime) -> Decided:
    """What the person has decided so far. One query, and one more where that is nothing."""
    of_application, kept, consent = {}, set(), None
    for row in _DECIDED.fetch(user=user.pk, application=application.pk):
        if row.consent.application_id is not None:
            of_application[row.claim_id] = row
            consent = row.consent
        elif row.consent.holds(now=now) and row.holds(now=now):
            kept.add(row.claim_id)
    if consent is None:
        consent = Consent.objects.filter(user=user, application=application).first()
    return Decided(consent, of_application, frozenset(kept))


def _asked_claim(row: ApplicationClaim, decided: Decided, value: str, *, now: datetime) -> AskedClaim:
    decision = decided.of_application.get(row.claim_id)
    is_about_this = decision is not None and decision.is_about(row.purpose)
    is_kept = not needs_system_consent(row.claim) or row.claim_id in decided.kept
    consent_holds = decided.consent is not None and decided.consent.holds(now=now)
    is_agreed = bool(is_about_this and decision and decision.holds(now=now) and consent_holds)
    return AskedClaim(
        claim=row.claim,
        purpose=row.purpose,
        is_mandatory=row.is_mandatory,
        is_agreed=is_agreed,
        is_granted=is_agreed and is_kept,
        is_decided=is_about_this,
        value=value,
        shown_value=shown(row.claim, value),
        is_kept_without_consent=is_kept,
    )


def shown(claim: Claim, value: str) -> str:
    """A value as the person reads it; of the picture, that it is one."""
    return _("Your profile picture") if claim.name == "picture" and value else shown_attribute(claim, value)


def _releasable() -> QuerySet[Claim]:
    """Attributes the application asks for, which the person grants it now for the purpose as it reads now, and which
    the organisation keeps by right."""
    unexpired = Q(expires_at=None) | Q(expires_at__gt=Given("now"))
    in_force = Q(consent__state=State.ACTIVE) & (
        Q(consent__valid_until=None) | Q(consent__valid_until__gt=Given("now"))
    )
    granted = ConsentedClaim.objects.filter(
        unexpired, in_force, is_granted=True, consent__user=Given("user"), claim=OuterRef("claim")
    )
    asked = ApplicationClaim.objects.filter(
        Exists(
            granted.filter(
                consent__application=Given("application"),
                purpose=OuterRef("purpose"),
                purpose_version=OuterRef("purpose__version"),
            )
        ),
        application=Given("application"),
        claim=OuterRef("pk"),
    )
    kept = ConsentedClaim.objects.filter(
        unexpired, in_force, is_granted=True, consent__user=Given("user"), consent__application=None,
        claim=OuterRef("pk"),
    )  # fmt: skip
    by_right = Q(is_required=True) | Q(name__in=NEVER_NEED_SYSTEM_CONSENT) | Exists(kept)
    return Claim.objects.filter(Exists(asked), by_right)


_RELEASABLE: Final = KeptQuery(_releasable)


def releasable(*, user: User, application_id: int, now: datetime) -> list[Claim]:
    """The attributes the application may be told of the person now. One query."""
    return _RELEASABLE.fetch(user=user.pk, application=application_id, now=now)


def may_release(*, user: User, application: Application, now: datetime) -> frozenset[str]:
    """Their names. One query."""
    return frozenset(claim.name for claim in releasable(user=user, application_id=application.pk, now=now))
