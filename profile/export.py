"""What an exported file says of a profile: plain values, in the person's language where they are words.

Described member by member in `myaccount/export/userInfo.schema.json`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from django.conf import settings

from myaccount.claims.models import Claim
from myaccount.claims.uris import uri_of
from myaccount.users.models import User
from myaccount.web.formats import iso
from profile.models import ContactKind, PendingContact, UploadedPicture
from profile.pictures import GRAVATAR_ORIGIN
from profile.selectors import attribute_values
from profile.values import shown_value

PICTURE: Final = "picture"
PICTURE_FILE: Final = "picture.webp"


def by_uri(user: User) -> dict[str, str]:
    """The stored value of every attribute that has one, by its claim URI. Three queries."""
    return {uri_of(claim.name): value for claim, value in _attributes(user)}


def user_profile(user: User, *, now: datetime) -> dict[str, Any]:
    """The account, its attributes with their words, the picture, and contacts not proven yet. Five queries."""
    proven = {"email": user.email_verified_at, "mobile": user.mobile_verified_at}
    return {
        "account": {
            "id": str(user.uuid),
            "username": user.username,
            "display_name": user.name,
            "created_at": iso(user.date_joined),
            "is_administrator": user.is_staff,
        },
        "attributes": {
            claim.name: {
                "label": str(claim.shown_label),
                "claim_uri": uri_of(claim.name),
                "value": value,
                "shown": shown_value(claim, value),
                **({"proven_at": iso(proven[claim.name])} if claim.name in proven else {}),
            }
            for claim, value in _attributes(user)
        },
        "picture": _picture(user),
        "pending_changes": [_pending(row) for row in PendingContact.objects.filter(user=user, expires_at__gt=now)],
    }


def picture_file(user: User) -> bytes:
    """The picture the person uploaded; empty without one. One query."""
    image = UploadedPicture.objects.filter(user=user).values_list("image", flat=True).first()
    return bytes(image or b"")


def _attributes(user: User) -> Iterator[tuple[Claim, str]]:
    """All of the registry that have a value, whether or not the profile page shows them."""
    claims = list(Claim.objects.all())
    values = attribute_values(user, [claim.name for claim in claims])
    if PICTURE in values and not values[PICTURE].startswith(GRAVATAR_ORIGIN):
        values[PICTURE] = settings.PUBLIC_URL + values[PICTURE]
    return ((claim, values[claim.name]) for claim in claims if claim.name in values)


def _picture(user: User) -> dict[str, str | None]:
    """Which kind it is; an uploaded one lies beside the file in a ZIP."""
    if not user.picture:
        return {"kind": "initials", "file": None}
    is_gravatar = user.picture.startswith(GRAVATAR_ORIGIN)
    return {"kind": "gravatar", "file": None} if is_gravatar else {"kind": "uploaded", "file": PICTURE_FILE}


def _pending(row: PendingContact) -> dict[str, Any]:
    return {
        "attribute": row.kind,
        "label": str(ContactKind(row.kind).label),
        "value": row.value,
        "asked_at": iso(row.sent_at),
        "expires_at": iso(row.expires_at),
    }
