"""Attributes as OpenID claims: which of them a request asks for, and how their values are told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from consent.applications.models import ApplicationClaim
from consent.consents.selectors import releasable
from consent.openid.scopes import OFFLINE_ACCESS, OPENID, scope_of
from myaccount.claims.models import Claim, ClaimType
from myaccount.users.models import User
from profile.current import ROLE
from profile.selectors import attribute_values

_PROVEN_AT: Final = {"email": "email_verified_at", "mobile": "mobile_verified_at"}


@dataclass(frozen=True)
class Release:
    """Names of attributes by where a request wants them told."""

    userinfo: tuple[str, ...] = ()
    id_token: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """All of them."""
        return frozenset((*self.userinfo, *self.id_token))

    def stored(self) -> dict[str, list[str]]:
        """As codes and tokens keep it."""
        return {part: list(names) for part, names in asdict(self).items()}


def openid_name(claim: Claim) -> str:
    """What applications call the attribute; one an administrator has added and given no name goes by its own."""
    return claim.openid_name or claim.name


def requested_names(
    asked: Iterable[ApplicationClaim], scopes: Collection[str], claims_parameter: Mapping[str, Any]
) -> Release:
    """Of what an administrator has listed for the application, what this request asks for, and where.

    Scopes ask for userinfo alone; the `claims` parameter names the place (OpenID Connect Core 1.0, 5.4 and 5.5).
    """
    by_name = {part: claims_parameter.get(part) or {} for part in ("userinfo", "id_token")}
    listed = [(row.claim.name, openid_name(row.claim)) for row in asked]
    return Release(
        userinfo=tuple(n for n, openid in listed if scope_of(openid) in scopes or openid in by_name["userinfo"]),
        id_token=tuple(n for n, openid in listed if openid in by_name["id_token"]),
    )


def with_meaning(scopes: Collection[str], asked: Iterable[ApplicationClaim]) -> list[str]:
    """Of these scopes those that give the application something: what it was not listed for, it was not asked for."""
    giving = {OPENID, OFFLINE_ACCESS, *(scope_of(openid_name(row.claim)) for row in asked)}
    return [scope for scope in scopes if scope in giving]


def narrowed(release: Mapping[str, list[str]], scopes: Collection[str]) -> dict[str, list[str]]:
    """What is left of a release when an application refreshes with fewer scopes. One query."""
    left = {c.name for c in Claim.objects.filter(name__in=release["userinfo"]) if scope_of(openid_name(c)) in scopes}
    return {**release, "userinfo": [name for name in release["userinfo"] if name in left]}


def openid_claims(user: User, claims: Collection[Claim]) -> dict[str, Any]:
    """The person's values under the names applications know; what the profile lacks is left out.

    One query, none without claims, one more where roles are among them.
    """
    if not claims:
        return {}
    found: dict[str, Any] = {}
    values = attribute_values(user, [claim.name for claim in claims if claim.name != ROLE])
    for claim in claims:
        if claim.name == ROLE:
            found[openid_name(claim)] = list(user.groups.order_by("name").values_list("name", flat=True))
        elif claim.name in values:
            found |= _claims_of(user, claim, values[claim.name])
    if {"given_name", "family_name"} <= values.keys():
        found["name"] = f"{values['given_name']} {values['family_name']}"
    return found


def told(user: User, application_id: int, names: Collection[str], *, now: datetime) -> dict[str, Any]:
    """Of these attributes, those the person's consent covers at this moment (security 81). Two queries, or none."""
    if not names:
        return {}
    covered = releasable(user=user, application_id=application_id, now=now)
    return openid_claims(user, [claim for claim in covered if claim.name in names])


def _claims_of(user: User, claim: Claim, value: str) -> dict[str, Any]:
    name = openid_name(claim)
    if claim.name in _PROVEN_AT:
        return {name: value, f"{name}_verified": getattr(user, _PROVEN_AT[claim.name]) is not None}
    if name == "address":
        return {name: {"formatted": value}}
    if name == "picture" and not value.startswith(("https://", "http://")):
        return {}  # one kept here, which only its owner may see
    if claim.type == ClaimType.BOOLEAN:
        return {name: value == "true"}
    return {name: value}
