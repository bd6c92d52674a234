"""Changes to the registry of attributes."""

from __future__ import annotations

from django.db import transaction

from myaccount.claims.models import Claim
from myaccount.claims.signals import attribute_removed


class BuiltIn(Exception):  # noqa: N818
    """Built-in attributes cannot be removed: the portal's code knows them."""


@transaction.atomic
def remove(*, claim: Claim) -> None:
    """Take a custom attribute out of the registry; whoever keeps values of it then forgets them. Raises BuiltIn."""
    if claim.is_built_in:
        raise BuiltIn
    name = claim.name
    claim.delete()
    attribute_removed.send(Claim, name=name)
