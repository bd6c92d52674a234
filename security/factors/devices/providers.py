"""Who keeps a credential, as far as its AAGUID tells: the name and icon people know it by.

Anybody can claim any AAGUID, so this is for recognising a device in a list and for nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Provider:
    """A maker of security keys, a password manager, or a system. Names are their own, and not translated."""

    name: str
    icon: str


_CLOUD: Final = "cloud"  # goes along with an account
_SYSTEM: Final = "computer-desktop"
_PHONE: Final = "device-phone-mobile"
_MANAGER: Final = "lock-closed"
_KEY: Final = "key"

_PROVIDERS: Final = {
    "ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4": Provider("Google Password Manager", _CLOUD),
    "fbfc3007-154e-4ecc-8c0b-6e020557d7bd": Provider("iCloud Keychain", _CLOUD),
    "dd4ec289-e01d-41c9-bb89-70fa845d4bf2": Provider("iCloud Keychain", _CLOUD),  # managed by an organisation
    "08987058-cadc-4b81-b6e1-30de50dcbe96": Provider("Windows Hello", _SYSTEM),
    "9ddd1817-af5a-4672-a2b9-3e3dd95000a9": Provider("Windows Hello", _SYSTEM),
    "6028b017-b1d4-4c02-b4b3-afcdafc96bb2": Provider("Windows Hello", _SYSTEM),
    "adce0002-35bc-c60a-648b-0b25f1f05503": Provider("Chrome on Mac", _SYSTEM),
    "771b48fd-d3d4-4f74-9232-fc157ab0507a": Provider("Edge on Mac", _SYSTEM),
    "b5397666-4885-aa6b-cebf-e52262a439a2": Provider("Chromium", _SYSTEM),
    "53414d53-554e-4700-0000-000000000000": Provider("Samsung Pass", _PHONE),
    "bada5566-a7aa-401f-bd96-45619a55120d": Provider("1Password", _MANAGER),
    "d548826e-79b4-db40-a3d8-11116f7e8349": Provider("Bitwarden", _MANAGER),
    "531126d6-e717-415c-9320-3d9aa6981239": Provider("Dashlane", _MANAGER),
    "b84e4048-15dc-4dd0-8640-f4f60813c8af": Provider("NordPass", _MANAGER),
    "0ea242b4-43c4-4a1b-8b17-dd6d0b6baec6": Provider("Keeper", _MANAGER),
    "f3809540-7f14-49c1-a8b3-8f813b225541": Provider("Enpass", _MANAGER),
    "fdb141b2-5d84-443e-8a35-4698c205a502": Provider("KeePassXC", _MANAGER),
    "50726f74-6f6e-5061-7373-50726f746f6e": Provider("Proton Pass", _MANAGER),
    "b78a0a55-6ef8-d246-a042-ba0f6d55050c": Provider("LastPass", _MANAGER),
    "cb69481e-8ff7-4039-93ec-0a2729a154a8": Provider("YubiKey 5", _KEY),
    "ee882879-721c-4913-9775-3dfcce97072a": Provider("YubiKey 5", _KEY),
    "fa2b99dc-9e39-4257-8f92-4a30d23c4118": Provider("YubiKey 5 NFC", _KEY),
    "2fc0579f-8113-47ea-b116-bb5a8db9202a": Provider("YubiKey 5 NFC", _KEY),
    "c5ef55ff-ad9a-4b9f-b580-adebafe026d0": Provider("YubiKey 5Ci", _KEY),
    "73bb0cd4-e502-49b8-9c6f-b59445bf720b": Provider("YubiKey 5 FIPS", _KEY),
    "c1f9a0bc-1dd2-404a-b27f-8e29047a43fd": Provider("YubiKey 5 NFC FIPS", _KEY),
    "d8522d9f-575b-4866-88a9-ba99fa02f35b": Provider("YubiKey Bio", _KEY),
    "f8a011f3-8c0a-4d15-8006-17111f9edc7d": Provider("Security Key by Yubico", _KEY),
    "6d44ba9b-f6ec-2e49-b930-0c8fe920cb73": Provider("Security Key NFC by Yubico", _KEY),
    "42b4fb4a-2866-43b2-9bf7-6c6669c2e5d3": Provider("Google Titan", _KEY),
}


def provider_of(aaguid: str) -> Provider | None:
    """Who made or keeps it; None for one we do not know, or that does not say."""
    return _PROVIDERS.get(aaguid.lower())
