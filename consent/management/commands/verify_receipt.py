"""`manage.py verify_receipt FILE [--keys keys.json]`: whether a signed receipt is genuine, and what it says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from consent import keys
from consent.receipts.verification import NotGenuine, Verified, verify


class Command(BaseCommand):
    """Needs neither the database nor the network."""

    help = "Verify a signed consent receipt (a .jws file) offline and print what it says."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, and whose keys."""
        parser.add_argument("file", type=Path, help="the signed receipt, as “Download signed” gives it")
        parser.add_argument(
            "--keys",
            type=Path,
            help="a JSON Web Key Set, as /oauth2/keys/ gives it; without it, this portal's own keys",
        )

    def handle(self, *, file: Path, **options: Any) -> None:
        """Print the receipt, or say why it is not to be believed and end with status 1."""
        try:
            signed = file.read_text(encoding="utf-8")
            key_set = self._key_set(options["keys"])
        except (OSError, ValueError) as error:
            raise CommandError(f"cannot be read: {error}") from error
        if signed.lstrip().startswith("{"):
            raise CommandError("this is the readable document, which carries no signature: give the signed file (.jws)")
        try:
            verified = verify(signed, key_set)
        except NotGenuine as error:
            raise CommandError(f"NOT genuine: {error}") from error
        self._print(verified)

    def _key_set(self, path: Path | None) -> dict[str, Any]:
        if path is None:
            return keys.public_key_set()
        key_set = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(key_set, dict) or not isinstance(key_set.get("keys"), list):
            raise ValueError(f"{path} is no JSON Web Key Set")
        return key_set

    def _print(self, verified: Verified) -> None:
        document = verified.document
        controller, service = document["piiControllers"][0], document["services"][0]
        given = datetime.fromtimestamp(document["consentTimestamp"], UTC).isoformat()
        lines = [
            f"Genuine. Signed with key {verified.key_id}.",
            f"Receipt     {document['consentReceiptID']} ({document['version']}), {document.get('state', '')}",
            f"Issued      {given}, {document['collectionMethod']}, {document['language']}",
            f"Person      {document['piiPrincipalId']}",
            f"Controller  {controller['piiController']}, {controller['contact']}, {controller['email']}",
            f"Law         {document['jurisdiction']}, {document['policyUrl'] or 'no policy'}",
            f"Service     {service['service']}",
        ]
        for purpose in service["purposes"]:
            lines.append(f"  {purpose['purpose']} ({', '.join(purpose['purposeCategory'])})")
            lines.append(f"    {', '.join(purpose['piiCategory'])}; {_until(purpose['termination'])}")
            if purpose["thirdPartyDisclosure"]:
                lines.append(f"    passed on to {purpose['thirdPartyName']}")
        if document.get("supersedes"):
            lines.append(f"Supersedes  {document['supersedes']}")
        self.stdout.write("\n".join(map(_printable, lines)))


def _until(termination: str) -> str:
    """`VALID_UNTIL:<milliseconds>` as a moment people can read; anything else as it stands."""
    kind, _, milliseconds = termination.partition(":")
    if kind != "VALID_UNTIL" or not milliseconds.isdecimal():
        return termination
    return f"valid until {datetime.fromtimestamp(int(milliseconds) / 1000, UTC).isoformat()}"


def _printable(line: str) -> str:
    """Without what would steer the terminal: names in a receipt are other people's words."""
    return "".join(character if character.isprintable() else "\ufffd" for character in line)
