"""Which addresses an application may give: whole ones, https, and without anything that could be read in two ways."""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from oauth2_provider.settings import oauth2_settings

MAX_LENGTH: Final = 500
_LOOPBACK_NAMES: Final = ("localhost",)


def check_redirect_uri(uri: str) -> None:
    """Refuse what no code should be sent to (security 76). Raises ValidationError."""
    parts = _parts(uri)
    is_local = parts.scheme == "http" and "http" in oauth2_settings.ALLOWED_REDIRECT_URI_SCHEMES and _is_loopback(parts)
    if parts.scheme != "https" and not is_local:
        raise ValidationError(_insecure(uri))
    if "*" in uri:
        raise ValidationError(_("“%(uri)s”: give whole addresses, without *.") % {"uri": uri})


def check_backchannel_uri(uri: str) -> None:
    """Refuse what the server should not post to. A name is looked up when it is used. Raises ValidationError."""
    parts = _parts(uri)
    if parts.scheme != "https" and "http" not in oauth2_settings.ALLOWED_REDIRECT_URI_SCHEMES:
        raise ValidationError(_insecure(uri))
    address = _address(parts)
    is_private = _is_loopback(parts) or (address is not None and not address.is_global)
    if is_private and not settings.PRIVATE_ADDRESSES_ALLOWED:
        raise ValidationError(
            _("“%(uri)s” is in a private network, which your operator has not allowed.") % {"uri": uri}
        )


def _parts(uri: str) -> SplitResult:
    try:
        parts = urlsplit(uri)
        is_whole = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_whole = False
    if not is_whole or len(uri) > MAX_LENGTH or "\\" in uri or any(ord(c) < 33 or ord(c) == 127 for c in uri):
        raise ValidationError(
            _("“%(uri)s” is no address: give one like https://app.example.org/callback.") % {"uri": uri}
        )
    if "#" in uri:
        raise ValidationError(_("“%(uri)s”: leave out what follows the #.") % {"uri": uri})
    if "@" in parts.netloc:
        raise ValidationError(_("“%(uri)s”: leave out the user name.") % {"uri": uri})
    return parts


def _insecure(uri: str) -> str:
    if "http" in oauth2_settings.ALLOWED_REDIRECT_URI_SCHEMES:
        return _("“%(uri)s” has to begin with https://, or with http:// on this machine.") % {"uri": uri}
    return _("“%(uri)s” has to begin with https://.") % {"uri": uri}


def _address(parts: SplitResult) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(parts.hostname or "")
    except ValueError:
        return None


def _is_loopback(parts: SplitResult) -> bool:
    address = _address(parts)
    return parts.hostname in _LOOPBACK_NAMES if address is None else address.is_loopback
