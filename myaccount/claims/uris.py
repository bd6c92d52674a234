"""What the Identity Server this portal succeeds calls the attributes: the keys of an exported file."""

from __future__ import annotations

from typing import Final

DIALECT: Final = "http://wso2.org/claims/"
# Where its name differs from ours. `local` is how it spells the person's locale.
_THEIRS: Final = {
    "given_name": "givenname",
    "family_name": "lastname",
    "email": "emailaddress",
    "role": "roles",
    "birthdate": "dob",
    "address": "addresses",
    "locale": "local",
    "zoneinfo": "timeZone",
    "picture": "photourl",
}
_TAKEN: Final = frozenset(_THEIRS.values())


def uri_of(name: str) -> str:
    """The claim URI of an attribute, by its name in the registry; no two attributes have the same.

    One that an administrator has added keeps its name, and only where that is the other system's word for a
    built-in attribute, such as `dob`, does it get a prefix no name can have.
    """
    if name in _THEIRS:
        return DIALECT + _THEIRS[name]
    return f"{DIALECT}custom.{name}" if name in _TAKEN else DIALECT + name
