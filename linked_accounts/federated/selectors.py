"""What is known of identity providers, and of who people are there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Exists, F, FilteredRelation, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from linked_accounts.federated.asked import Found
from linked_accounts.federated.models import FederatedIdentity, IdentityProvider
from myaccount.users.models import User
from myaccount.web import formats
from security.factors.models import SecurityDevice
from security.sign_in.ways import OtherWay

_USABLE = Q(provider__is_active=True, provider__may_sign_in=True)
_NAME_LENGTH = 254


@dataclass(frozen=True)
class IdentityRow:
    """A connected identity as the page shows it."""

    pk: int
    provider: str
    logo_url: str
    initial: str
    account_name: str
    connected_on: str
    last_used: str
    is_switched_off: bool


@dataclass(frozen=True)
class FederatedPart:
    """What Personal info shows of it: nothing at all where there is nothing."""

    rows: list[IdentityRow]
    offers: list[OtherWay]

    @property
    def has_any(self) -> bool:
        return bool(self.rows or self.offers)


def federated_part(user: User, *, now: datetime) -> FederatedPart:
    """The person's identities, and the providers they could connect besides. One query."""
    found = _without_logos().annotate(mine=FilteredRelation("identities", condition=Q(identities__user=user)))
    found = found.filter(Q(is_active=True) | Q(mine__isnull=False)).order_by("name", "mine__pk")
    pairs = found.annotate(
        identity_pk=F("mine__pk"),
        subject=F("mine__subject"),
        account_name=F("mine__account_name"),
        connected_at=F("mine__connected_at"),
        last_used_at=F("mine__last_used_at"),
    )
    part = FederatedPart([], [])
    for pair in pairs:
        if pair.identity_pk is None:
            part.offers.append(_way(pair, reverse("connect-identity", args=[pair.slug])))
        else:
            part.rows.append(_row(pair, now=now))
    return part


def ways_to_sign_in() -> list[OtherWay]:
    """The providers the sign-in page offers. One query."""
    providers = _without_logos().filter(is_active=True, may_sign_in=True)
    return [_way(provider, reverse("sign-in-with-provider", args=[provider.slug])) for provider in providers]


def ways_to_confirm(user: User) -> list[OtherWay]:
    """The providers a person can prove with that it is them: those they have connected. One query."""
    identities = _with_providers(user).filter(_USABLE).distinct()
    providers = {identity.provider_id: identity.provider for identity in identities}
    return [_way(provider, reverse("confirm-with-provider", args=[provider.slug])) for provider in providers.values()]


def ways_in(user: User) -> int:
    """How many of a person's identities can be signed in with. One query."""
    return FederatedIdentity.objects.filter(_USABLE, user=user).count()


def is_way_in(identity: FederatedIdentity) -> bool:
    """Whether one can sign in with this one."""
    return can_be_signed_in_with(identity.provider)


def can_be_signed_in_with(provider: IdentityProvider) -> bool:
    """Whether it opens accounts, beside being connected."""
    return provider.is_active and provider.may_sign_in


def locked_out_without(provider: IdentityProvider) -> int:
    """How many people could sign in with it alone, and with nothing else. One query."""
    elsewhere = FederatedIdentity.objects.filter(_USABLE, user=OuterRef("pk")).exclude(provider=provider)
    people = User.objects.filter(is_active=True, password__startswith=UNUSABLE_PASSWORD_PREFIX)
    passkeys = SecurityDevice.objects.filter(user=OuterRef("pk"), is_passwordless=True)
    here = FederatedIdentity.objects.filter(user=OuterRef("pk"), provider=provider)
    return people.filter(Exists(here), ~Exists(elsewhere), ~Exists(passkeys)).count()


def own_identity(user: User, pk: int) -> FederatedIdentity | None:
    """A person's own identity; None for anybody else's. One query."""
    return FederatedIdentity.objects.select_related("provider").filter(user=user, pk=pk).first()


def identity_of(issuer: str, subject: str) -> FederatedIdentity | None:
    """Whoever this is, by issuer and subject alone (security 72). One query."""
    return FederatedIdentity.objects.select_related("provider", "user").filter(issuer=issuer, subject=subject).first()


def active_provider(slug: str) -> IdentityProvider | None:
    """A provider in use, by its name in addresses."""
    return IdentityProvider.objects.filter(slug=slug, is_active=True).first()


def provider_of(found: Found) -> IdentityProvider | None:
    """The provider somebody was found at, while it is in use and still the same. One query."""
    return IdentityProvider.objects.filter(pk=found.provider, issuer=found.issuer, is_active=True).first()


def logo_of(slug: str) -> bytes:
    """A provider's logo, empty without one. One query."""
    logo = IdentityProvider.objects.filter(slug=slug).values_list("logo", flat=True).first()
    return bytes(logo or b"")


def logo_url(provider: IdentityProvider) -> str:
    """Where the logo is, empty without one; another address after a change, so browsers may keep it."""
    has_logo = provider.has_logo if hasattr(provider, "has_logo") else bool(provider.logo)
    return f"{reverse('identity-provider-logo', args=[provider.slug])}?v={provider.version}" if has_logo else ""


def redirect_uri(slug: str) -> str:
    """Where a provider sends people back to; administrators paste it there."""
    return settings.PUBLIC_URL + reverse("identity-callback", args=[slug])


def account_name(claims: Mapping[str, Any]) -> str:
    """What the provider calls the account, for its person to know it by; perhaps empty."""
    for name in ("preferred_username", "email", "name"):
        value = claims.get(name)
        if isinstance(value, str) and value.strip() and value.isprintable():
            return value.strip()[:_NAME_LENGTH]
    return ""


def _without_logos() -> QuerySet[IdentityProvider]:
    return IdentityProvider.objects.defer("logo", "client_secret").annotate(has_logo=~Q(logo=b""))


def _with_providers(user: User) -> QuerySet[FederatedIdentity]:
    found = FederatedIdentity.objects.filter(user=user).select_related("provider").order_by("provider__name", "pk")
    return found.defer("provider__client_secret")


def _way(provider: IdentityProvider, url: str) -> OtherWay:
    return OtherWay(provider.name, url, logo_url(provider), provider.name.strip()[:1].upper())


def _row(pair: Any, *, now: datetime) -> IdentityRow:
    """A provider with one of the person's identities there."""
    return IdentityRow(
        pk=pair.identity_pk,
        provider=pair.name,
        logo_url=logo_url(pair),
        initial=pair.name.strip()[:1].upper(),
        account_name=pair.account_name or pair.subject,
        connected_on=formats.day(timezone.localtime(pair.connected_at)),
        last_used=formats.ago(pair.last_used_at, now=now) if pair.last_used_at else "",
        is_switched_off=not (pair.is_active and pair.may_sign_in),
    )
