"""Reads of the registry."""

from __future__ import annotations

from typing import Final

from myaccount.claims.builtin import WORDS
from myaccount.claims.models import Claim
from myaccount.web.kept_queries import KeptRows

_IN_PROFILE: Final = KeptRows(lambda: Claim.objects.filter(is_in_profile=True))


def profile_claims() -> list[Claim]:
    """The attributes shown in the profile, in order; shared between requests, so only to be read. One query."""
    return _IN_PROFILE.fetch()


def registration_claims() -> list[Claim]:
    """The attributes asked for when people register, in order, beside username and e-mail address. One query."""
    return [claim for claim in Claim.objects.filter(is_asked_at_registration=True) if _may_be_asked(claim)]


def _may_be_asked(claim: Claim) -> bool:
    return not claim.is_fixed and claim.name != "email"


def editable_claim(name: str) -> Claim | None:
    """An attribute people may change themselves; None for any other name."""
    claim = Claim.objects.filter(name=name, is_in_profile=True).first()
    return None if claim is None or claim.is_fixed else claim


def labels_of(names: list[str]) -> list[str]:
    """The labels of attributes by name, in that order; a name no longer known stands for itself.

    One query, and none where all are built in: an administrator's own word for one of those is left out.
    """
    custom = [name for name in names if name not in WORDS]
    known = {claim.name: str(claim.shown_label) for claim in Claim.objects.filter(name__in=custom)} if custom else {}
    return [str(WORDS[name].label) if name in WORDS else known.get(name, name) for name in names]
