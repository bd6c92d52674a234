"""Reads of a person's profile."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final
from uuid import UUID

from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils.translation import gettext as _

from myaccount.claims.models import Claim
from myaccount.claims.selectors import profile_claims
from myaccount.operations.kinds import OperationKind
from myaccount.operations.services import Waiting, waiting_for
from myaccount.users.models import User
from myaccount.web import formats
from myaccount.web.kept_queries import Given, KeptQuery
from profile.contacts import RESEND_AFTER
from profile.current import ROLE, current_value
from profile.models import ContactKind, PendingContact, Profile
from profile.phones import readable
from profile.services import PROVEN, fingerprint
from profile.values import shown_value, stored_value

_PROFILE: Final = KeptQuery(lambda: Profile.objects.filter(user=Given("user")))
_GROUPS: Final = KeptQuery(lambda: Group.objects.filter(user=Given("user")).order_by("name"))
_PENDING: Final = KeptQuery(lambda: PendingContact.objects.filter(user=Given("user"), expires_at__gt=Given("now")))


@dataclass(frozen=True)
class Pending:
    """A change that waits for its proof."""

    kind: str
    value: str
    fingerprint: str
    expires: str
    is_here: bool
    can_resend: bool


@dataclass(frozen=True)
class Held:
    """A value that waits for approval."""

    value: str
    is_own: bool  # asked for by the person, not by an administrator
    url: str  # of the request, where the person may see it; perhaps empty


@dataclass(frozen=True)
class Row:
    """One attribute as the page shows it."""

    name: str
    label: str
    value: str
    is_read_only: bool
    is_required: bool
    is_verified: bool | None
    pending: Pending | None
    waiting: tuple[Held, ...]
    edit_url: str  # empty where it cannot be changed
    edit_label: str


@dataclass(frozen=True)
class Completion:
    """How much of the profile is filled in, and the first attributes that are not."""

    done: int
    total: int
    missing: tuple[Row, ...]


@dataclass(frozen=True)
class ProfilePage:
    """What the profile section is made of."""

    rows: list[Row]
    claims: dict[str, Claim]
    stored: dict[str, str]


def profile_page(
    user: User, *, session_uuid: UUID, can_change: bool, are_requests_shown: bool, now: datetime
) -> ProfilePage:
    """All attributes of the profile page, in order. Four queries, and one more where changes can wait for approval."""
    claims = profile_claims()
    profile = _profile(user)
    by_name = {claim.name: claim for claim in claims}
    waiting = _PENDING.fetch(user=user.pk, now=now)
    pending = {p.kind: _pending(by_name[p.kind], p, session_uuid, now) for p in waiting if p.kind in by_name}
    held = _waiting_for_approval(user, by_name, are_requests_shown=are_requests_shown)
    return ProfilePage(
        rows=[
            _row(claim, user, profile, pending.get(claim.name), held.get(claim.name, ()), can_change=can_change)
            for claim in claims
        ],
        claims=by_name,
        stored={claim.name: current_value(claim.name, user=user, profile=profile) for claim in claims},
    )


def completion(user: User) -> Completion:
    """What is filled in of the attributes people can fill in themselves. Two queries."""
    profile = _profile(user)
    claims = [claim for claim in profile_claims() if not claim.is_fixed]
    empty = [claim for claim in claims if not current_value(claim.name, user=user, profile=profile)]
    first = sorted(empty, key=lambda claim: not claim.is_required)[:3]
    missing = tuple(_row(claim, user, profile, None, (), can_change=True) for claim in first)
    return Completion(len(claims) - len(empty), len(claims), missing)


def _profile(user: User) -> Profile | None:
    return next(iter(_PROFILE.fetch(user=user.pk)), None)


def country_of(user: User) -> str:
    """The country a person lives in, as an ISO 3166 code, to read their telephone numbers by; perhaps empty."""
    profile = _profile(user)
    return str(profile.values.get("country", "")) if profile else ""


def can_change_mobile() -> bool:
    """Whether people set their mobile number themselves, and not an administrator."""
    return not _mobile_claim().is_fixed


def stored_mobile(user: User, text: str) -> str:
    """What the person typed as their mobile number, in E.164, checked as in their profile. Raises ValidationError."""
    return stored_value(_mobile_claim(), text, region=country_of(user))


def _mobile_claim() -> Claim:
    return Claim.objects.get(name="mobile")


def shown_mobile(user: User) -> str:
    """The person's mobile number as people write it, proven or not; perhaps empty."""
    return readable(user.mobile) if user.mobile else ""


def held_contact(user: User, kind: ContactKind, about: str) -> Waiting | None:
    """The newest change of this address or number that waits for approval and has this fingerprint. One query."""
    waiting = waiting_for(user, OperationKind.UPDATE_CLAIMS)
    of_kind = [kept for kept in waiting if kept.submission.payload.get("claim") == kind]
    same = [kept for kept in of_kind if fingerprint(kept.submission.payload["value"]) == about]
    return Waiting(same[-1].request_uuid) if same else None


def _waiting_for_approval(
    user: User, claims: Mapping[str, Claim], *, are_requests_shown: bool
) -> dict[str, tuple[Held, ...]]:
    """What the attributes would become, by name, as people read it; a value asked for twice is named once."""
    found: dict[str, dict[str, Held]] = {}
    for kept in waiting_for(user, OperationKind.UPDATE_CLAIMS):
        name, value = kept.submission.payload.get("claim", ""), kept.submission.payload.get("value", "")
        if name in claims:
            shown, is_own = shown_value(claims[name], value) or _("Not given"), kept.submission.requester == user
            url = reverse("own-request", args=[kept.request_uuid]) if is_own and are_requests_shown else ""
            others = found.setdefault(name, {})
            if is_own or shown not in others:
                others[shown] = Held(shown, is_own, url)
    return {name: tuple(values.values()) for name, values in found.items()}


def _row(
    claim: Claim,
    user: User,
    profile: Profile | None,
    pending: Pending | None,
    waiting: tuple[Held, ...],
    *,
    can_change: bool,
) -> Row:
    if claim.name == ROLE:
        value = formats.listed(group.name for group in _GROUPS.fetch(user=user.pk))
    else:
        value = shown_value(claim, current_value(claim.name, user=user, profile=profile))
    verified = {"email": user.email_verified_at, "mobile": user.mobile_verified_at}
    label = str(claim.shown_label)
    return Row(
        name=claim.name,
        label=label,
        value=value,
        is_read_only=claim.is_fixed,
        is_required=claim.is_required,
        is_verified=verified[claim.name] is not None if claim.name in verified and value else None,
        pending=pending,
        waiting=waiting,
        edit_url=_edit_url(claim.name) if can_change and not claim.is_fixed else "",
        edit_label=_("Edit %(label)s") % {"label": label},
    )


@lru_cache(maxsize=256)
def _edit_url(name: str) -> str:
    """Where the row opens as a form, the cursor in it. What has to be proven asks first who is there."""
    if name in PROVEN:
        return reverse("edit-contact", args=[name])
    return f"{reverse('personal-info')}?edit={name}#id_value"


def _pending(claim: Claim, waiting: PendingContact, session_uuid: UUID, now: datetime) -> Pending:
    return Pending(
        kind=waiting.kind,
        value=shown_value(claim, waiting.value),
        fingerprint=fingerprint(waiting.value),
        expires=formats.moment(waiting.expires_at),
        is_here=waiting.session_uuid == session_uuid,
        can_resend=now - waiting.sent_at >= RESEND_AFTER,
    )


def attribute_values(user: User, names: Collection[str]) -> dict[str, str]:
    """What is stored of these attributes, those that are not given left out; roles with commas between them.

    One query, and one more where roles are asked for.
    """
    profile = next(iter(_PROFILE.fetch(user=user.pk)), None)
    values = {name: current_value(name, user=user, profile=profile) for name in names if name != ROLE}
    if ROLE in names:
        values[ROLE] = ", ".join(group.name for group in _GROUPS.fetch(user=user.pk))
    return {name: value for name, value in values.items() if value}


def shown_attribute(claim: Claim, value: str) -> str:
    """A stored value as a person reads it, in their language."""
    return shown_value(claim, value)
