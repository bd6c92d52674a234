"""Verifying a signed receipt with nothing but public keys: no database, no network."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from joserfc.errors import JoseError

from consent import keys
from consent.receipts.document import (
    REQUIRED,
    REQUIRED_OF_CONTROLLER,
    REQUIRED_OF_PURPOSE,
    REQUIRED_OF_SERVICE,
    VERSION,
)
from consent.receipts.services import TYPE


class NotGenuine(Exception):  # noqa: N818
    """The receipt was not signed by one of these keys, was changed, or is none. The text says which."""


@dataclass(frozen=True)
class Verified:
    """A genuine receipt."""

    key_id: str
    document: dict[str, Any]


def verify(signed: str, key_set: dict[str, Any]) -> Verified:
    """What a signed receipt says, if one of the keys has signed it and nothing was changed. Raises NotGenuine."""
    try:
        header, payload = keys.verify(signed.strip(), key_set)
        document = json.loads(payload)
    except (JoseError, ValueError) as error:
        raise NotGenuine("it was not signed by one of these keys, or it was changed since") from error
    if header.get("typ") != TYPE:
        raise NotGenuine(f"signed, but no receipt: its type is {header.get('typ')!r}")
    missing = missing_members(document)
    if missing:
        raise NotGenuine(f"signed, but no {VERSION} receipt: it lacks {', '.join(missing)}")
    return Verified(str(header.get("kid", "")), document)


def missing_members(document: Any) -> list[str]:
    """What the standard requires and the document lacks, such as `services[0].purposes[0].termination`."""
    if not isinstance(document, dict) or document.get("version") != VERSION:
        return ["version"]
    missing = _missing(document, REQUIRED, "")
    for number, controller in enumerate(document.get("piiControllers") or ({},)):
        missing += _missing(controller, REQUIRED_OF_CONTROLLER, f"piiControllers[{number}].")
    for number, service in enumerate(document.get("services") or ({},)):
        missing += _missing(service, REQUIRED_OF_SERVICE, f"services[{number}].")
        for place, purpose in enumerate(service.get("purposes") or ({},)):
            missing += _missing(purpose, REQUIRED_OF_PURPOSE, f"services[{number}].purposes[{place}].")
    return missing


def _missing(part: dict[str, Any], names: tuple[str, ...], path: str) -> list[str]:
    return [f"{path}{name}" for name in names if name not in part]
