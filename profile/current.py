"""What is stored of a person, attribute by attribute."""

from __future__ import annotations

from typing import Final

from myaccount.users.models import User
from profile.models import Profile

ROLE: Final = "role"
# Attributes that live on the shared User, and its field for each.
USER_FIELDS: Final = {
    "username": "username",
    "email": "email",
    "mobile": "mobile",
    "locale": "language",
    "zoneinfo": "time_zone",
    "picture": "picture",
}


def current_value(name: str, *, user: User, profile: Profile | None) -> str:
    """The stored value of an attribute, empty when there is none."""
    if name in USER_FIELDS:
        return str(getattr(user, USER_FIELDS[name]))
    return str(profile.values.get(name, "")) if profile else ""


def attributes_of(user: User) -> dict[str, str]:
    """Everything that is stored of a person by the attribute's name; roles with commas between them. Two queries."""
    profile = Profile.objects.filter(user=user).first()
    roles = ", ".join(user.groups.order_by("name").values_list("name", flat=True))
    own = {name: str(value) for name, value in profile.values.items()} if profile else {}
    return {**own, **{name: str(getattr(user, field)) for name, field in USER_FIELDS.items()}, ROLE: roles}
