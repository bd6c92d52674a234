"""What the Security page shows of second factors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from myaccount.users.models import User
from myaccount.web import formats
from myaccount.web.pages import Section
from myaccount.web.requests import PortalRequest
from profile.selectors import shown_mobile
from security.factors import selectors
from security.factors.devices.providers import provider_of
from security.factors.guards import FEATURE, SECTION
from security.factors.kinds import WORDS, Authenticator
from security.factors.models import DeviceKind
from security.factors.selectors import FEW_BACKUP_CODES, Enrolled, StoredFactor
from security.policy.models import SignInPolicy
from security.policy.selectors import demand_on, sign_in_policy


@dataclass(frozen=True)
class FactorRow:
    """One factor as the page shows it."""

    authenticator: Authenticator
    pk: int
    name: str
    icon: str
    what: str  # such as "USB security key · YubiKey 5"
    added: str
    used: str  # empty: never
    is_passwordless: bool
    is_older: bool


def _load(request: PortalRequest, state: Mapping[str, Any]) -> Mapping[str, Any]:
    user, now = request.user, timezone.now()
    policy, have = sign_in_policy(), selectors.enrolled(request.user)
    can_choose = [kind for kind in have.kinds if kind != Authenticator.BACKUP_CODE]
    return {
        "devices": [_row(factor, now=now) for factor in have.of(Authenticator.DEVICE)],
        "apps": [_row(factor, now=now) for factor in have.of(Authenticator.TOTP)],
        "sms": next((_row(factor, now=now) for factor in have.of(Authenticator.SMS)), None),
        "codes": next((_row(factor, now=now) for factor in have.of(Authenticator.BACKUP_CODE)), None),
        "codes_left": have.codes_left,
        "few_codes": have.codes_left < FEW_BACKUP_CODES,
        "number": shown_mobile(user),
        "can_add": {kind.value.replace("-", "_"): policy.allows(kind) for kind in WORDS},
        "has_any": bool(have.real),
        "first": can_choose[0] if can_choose else "",
        "can_choose": [(kind, WORDS[kind].title) for kind in can_choose] if len(can_choose) > 1 else [],
        "demand": _demand(user, policy, have),
    }


def factor_rows(user: User, *, now: datetime) -> list[FactorRow]:
    """All factors of a person, as an administrator sees them: no secrets, not even the number of a phone."""
    return [_row(factor, now=now) for factor in selectors.enrolled(user).factors]


def _demand(user: User, policy: SignInPolicy, have: Enrolled) -> Mapping[str, Any] | None:
    """What to say to somebody who has to have a second factor and does not yet."""
    demand = demand_on(user, policy)
    if have.real or not demand.is_required:
        return None
    return {"until": formats.day(timezone.localtime(demand.since)) if demand.since else ""}


def _row(factor: StoredFactor, *, now: datetime) -> FactorRow:
    provider = provider_of(factor.aaguid) if factor.aaguid else None
    kind = str(DeviceKind(factor.device_kind).label) if factor.device_kind else ""
    icon = WORDS[factor.authenticator].icon
    if factor.authenticator == Authenticator.DEVICE:
        icon = provider.icon if provider else "finger-print" if factor.device_kind == DeviceKind.BUILT_IN else "key"
    return FactorRow(
        authenticator=factor.authenticator,
        pk=factor.pk,
        name=factor.name,
        icon=icon,
        what=" · ".join(filter(None, [kind, provider.name if provider else ""])),
        added=formats.day(timezone.localtime(factor.created_at)),
        used=formats.ago(factor.last_used_at, now=now) if factor.last_used_at else "",
        is_passwordless=factor.is_passwordless,
        is_older=factor.authenticator == Authenticator.DEVICE and not factor.is_passwordless,
    )


MULTI_FACTOR = Section(
    id=SECTION,
    title=_("Multi-factor authentication"),
    explanation=_("A second proof that it is you, asked for when you sign in."),
    template="security/sections/multi_factor.html",
    load=_load,
    feature_id=FEATURE,
)
