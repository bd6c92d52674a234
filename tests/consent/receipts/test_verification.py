"""`manage.py verify_receipt`: offline, with public keys and nothing else."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from joserfc import jws
from joserfc.jwk import RSAKey

from consent import keys
from consent.receipts.document import REQUIRED, serialized
from consent.receipts.models import ConsentReceipt
from consent.receipts.services import TYPE
from myaccount.users.models import User
from tests.consent.support import consent_to, make_application


@pytest.fixture
def receipt(alice: User) -> ConsentReceipt:
    consent = consent_to(alice, make_application())
    return ConsentReceipt.objects.get(consent_uuid=consent.uuid)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps(keys.public_key_set()))
    return file


def verify(signed: str, tmp_path: Path, key_file: Path | None = None) -> str:
    """What the command prints; it touches no table."""
    file, out = tmp_path / "receipt.jws", io.StringIO()
    file.write_text(signed)

    def refuse(*args: object) -> None:
        raise AssertionError("asks the database")

    with connection.execute_wrapper(refuse):
        call_command("verify_receipt", str(file), keys=key_file, stdout=out)
    return out.getvalue()


def flipped(signed: str, part: int) -> str:
    """With one character of a part changed: header, payload or signature."""
    parts = signed.split(".")
    middle = len(parts[part]) // 2
    parts[part] = parts[part][:middle] + ("A" if parts[part][middle] != "A" else "B") + parts[part][middle + 1 :]
    return ".".join(parts)


def test_a_genuine_receipt_is_told_in_words(receipt: ConsentReceipt, tmp_path: Path, key_file: Path) -> None:
    out = verify(receipt.signed, tmp_path, key_file)
    for words in ("Genuine.", str(receipt.uuid), "KI-CR-v1.1.0", "alice", "Pickup", "First Name", "My Organisation",
                  "DATE_UNTIL:INDEFINITE"):  # fmt: skip
        assert words in out, words


def test_without_a_key_file_it_is_this_portals_keys(receipt: ConsentReceipt, tmp_path: Path) -> None:
    assert "Genuine." in verify(receipt.signed + "\n", tmp_path)


@pytest.mark.parametrize("part", [0, 1, 2], ids=["header", "payload", "signature"])
def test_a_changed_one_is_refused(receipt: ConsentReceipt, tmp_path: Path, key_file: Path, part: int) -> None:
    with pytest.raises(CommandError, match="NOT genuine"):
        verify(flipped(receipt.signed, part), tmp_path, key_file)


def test_one_signed_by_somebody_else_is_refused(receipt: ConsentReceipt, tmp_path: Path, key_file: Path) -> None:
    ours = keys.signing_key()
    stranger = RSAKey.generate_key(2048)
    forged = jws.serialize_compact(
        {"alg": "RS256", "kid": ours.kid, "typ": TYPE}, serialized(receipt.document), stranger, algorithms=["RS256"]
    )
    with pytest.raises(CommandError, match="NOT genuine"):
        verify(forged, tmp_path, key_file)


def test_one_without_a_signature_is_refused(receipt: ConsentReceipt, tmp_path: Path, key_file: Path) -> None:
    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    unsigned = f"{part(json.dumps({'alg': 'none', 'typ': TYPE}).encode())}.{part(serialized(receipt.document))}."
    with pytest.raises(CommandError, match="NOT genuine"):
        verify(unsigned, tmp_path, key_file)


def test_another_signed_document_of_ours_is_no_receipt(receipt: ConsentReceipt, tmp_path: Path, key_file: Path) -> None:
    """An ID token or logout token does not pass for one."""
    with pytest.raises(CommandError, match="no receipt"):
        verify(keys.sign(serialized(receipt.document), type="logout+jwt"), tmp_path, key_file)


@pytest.mark.parametrize("name", REQUIRED)
def test_one_that_lacks_what_the_standard_requires_is_refused(
    receipt: ConsentReceipt, tmp_path: Path, key_file: Path, name: str
) -> None:
    document = {member: value for member, value in receipt.document.items() if member != name}
    with pytest.raises(CommandError, match=f"lacks .*{name}"):
        verify(keys.sign(serialized(document), type=TYPE), tmp_path, key_file)


def test_the_readable_document_is_not_taken_for_the_signed_one(receipt: ConsentReceipt, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="carries no signature"):
        verify(json.dumps(receipt.document), tmp_path)


def test_files_that_cannot_be_read_are_said_so(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("verify_receipt", str(tmp_path / "nowhere.jws"))


@pytest.mark.parametrize("content", ["[]", "{}", '{"keys": "a"}', "null", "no JSON"])
def test_a_key_file_that_is_none_is_said_so(receipt: ConsentReceipt, tmp_path: Path, content: str) -> None:
    file = tmp_path / "keys.json"
    file.write_text(content)
    with pytest.raises(CommandError, match="cannot be read"):
        verify(receipt.signed, tmp_path, file)


@pytest.mark.parametrize("signed", ["", "x", "a.b.c", "é.é.é"])
def test_what_is_no_signed_file_at_all_is_not_genuine(tmp_path: Path, key_file: Path, signed: str) -> None:
    with pytest.raises(CommandError, match="NOT genuine"):
        verify(signed, tmp_path, key_file)


def test_names_do_not_steer_the_terminal(alice: User, tmp_path: Path) -> None:
    """Security 23: they are other people's words."""
    consent = consent_to(alice, make_application("Evil\x1b[2J"))
    out = verify(ConsentReceipt.objects.get(consent_uuid=consent.uuid).signed, tmp_path)
    assert "\x1b" not in out
    assert "Evil" in out


def test_a_receipt_is_verified_after_the_key_was_replaced(
    receipt: ConsentReceipt, tmp_path: Path, settings: pytest.FixtureRequest
) -> None:
    """The keys of before go on verifying."""
    provider = settings.OAUTH2_PROVIDER  # type: ignore[attr-defined]
    new = RSAKey.generate_key(2048).as_pem(private=True).decode()
    old = provider["OIDC_RSA_PRIVATE_KEY"]
    settings.OAUTH2_PROVIDER = {**provider, "OIDC_RSA_PRIVATE_KEY": new, "OIDC_RSA_PRIVATE_KEYS_INACTIVE": [old]}  # type: ignore[attr-defined]
    assert "Genuine." in verify(receipt.signed, tmp_path)
    settings.OAUTH2_PROVIDER = {**provider, "OIDC_RSA_PRIVATE_KEY": new, "OIDC_RSA_PRIVATE_KEYS_INACTIVE": []}  # type: ignore[attr-defined]
    with pytest.raises(CommandError, match="NOT genuine"):
        verify(receipt.signed, tmp_path)
