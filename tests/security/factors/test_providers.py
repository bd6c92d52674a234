"""The names and icons devices are recognised by."""

from __future__ import annotations

from uuid import UUID

import pytest

from myaccount.web.templatetags.components import icon
from security.factors.devices import providers
from security.factors.devices.providers import Provider, provider_of


@pytest.mark.parametrize(
    ("aaguid", "name"),
    [
        ("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4", "Google Password Manager"),
        ("fbfc3007-154e-4ecc-8c0b-6e020557d7bd", "iCloud Keychain"),
        ("08987058-cadc-4b81-b6e1-30de50dcbe96", "Windows Hello"),
        ("2fc0579f-8113-47ea-b116-bb5a8db9202a", "YubiKey 5 NFC"),
        ("D548826E-79B4-DB40-A3D8-11116F7E8349", "Bitwarden"),
    ],
)
def test_well_known_ones_are_known(aaguid: str, name: str) -> None:
    found = provider_of(aaguid)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("aaguid", ["", "00000000-0000-0000-0000-000000000000", "x", "<b>", "ea9b8d66"])
def test_others_are_not(aaguid: str) -> None:
    """Above all those that do not say: all zeros."""
    assert provider_of(aaguid) is None


@pytest.mark.parametrize(("aaguid", "provider"), providers._PROVIDERS.items(), ids=lambda value: str(value)[:8])
def test_each_is_written_as_the_library_writes_it_and_has_an_icon(aaguid: str, provider: Provider) -> None:
    assert str(UUID(aaguid)) == aaguid
    assert icon(provider.icon).startswith("<svg")
    assert 0 < len(provider.name) <= 30
