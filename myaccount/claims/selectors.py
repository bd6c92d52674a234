"""Reads of the registry."""

from __future__ import annotations

from myaccount.claims.models import Claim


def profile_claims() -> list[Claim]:
    """The attributes shown in the profile, in order. One query."""
    return list(Claim.objects.filter(is_in_profile=True))


def editable_claim(name: str) -> Claim | None:
    """An attribute people may change themselves; None for any other name."""
    return Claim.objects.filter(name=name, is_in_profile=True, is_read_only=False).first()


def labels_of(names: list[str]) -> list[str]:
    """The labels of attributes by name, in that order; a name no longer known stands for itself."""
    known = {claim.name: str(claim.shown_label) for claim in Claim.objects.filter(name__in=names)}
    return [known.get(name, name) for name in names]
