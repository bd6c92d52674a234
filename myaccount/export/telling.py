"""What the parts of the file say, in words to read: the page to print is made of these."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from myaccount.web import formats
from sessions_app.selectors import session_title

Value = Mapping[str, Any]


@dataclass(frozen=True)
class Fact:
    """A word and what it is."""

    label: str
    value: str


@dataclass(frozen=True)
class Entry:
    """One thing the portal keeps: what it is, when it happened if it is an event, and what is known of it."""

    title: str
    facts: tuple[Fact, ...] = ()
    hint: str = ""
    at: str = ""
    language: str = ""  # of the title and the facts, where they are not in the person's


def of_profile(value: Value) -> Iterator[Entry]:
    """The account, the attributes as the profile page shows them, and what waits for its proof."""
    account = value["account"]
    yield _entry(
        _("Account"),
        (_("Username"), account["username"]),
        (_("Name"), account["display_name"]),
        (_("Identifier"), account["id"]),
        (_("Created"), _moment(account["created_at"])),
        (_("Administrator"), _yes_or_no(is_so=account["is_administrator"])),
    )
    attributes = value["attributes"].values()
    yield _entry(_("Profile"), *((attribute["label"], _attribute(attribute)) for attribute in attributes))
    for pending in value["pending_changes"]:
        yield _entry(_("Confirmation pending"), (pending["label"], pending["value"]))


def _attribute(attribute: Value) -> str:
    proven = attribute.get("proven_at")
    return _join_parts(attribute["shown"], _("proven %(when)s") % {"when": _moment(proven)} if proven else "")


def of_receipt(value: Value) -> Iterator[Entry]:
    """A receipt, in the language it was issued in."""
    controller, service = value["piiControllers"][0], value["services"][0]
    shared = [name for purpose in service["purposes"] for name in purpose["piiCategory"]]
    issued = datetime.fromtimestamp(value["consentTimestamp"], tz=UTC)
    yield _entry(
        service["serviceDisplayName"],
        (_("Issued"), formats.moment(issued)),
        (_("Attributes"), _list(dict.fromkeys(shared))),
        (_("Data controller"), controller["piiController"]),
        (_("Contact"), _list(filter(None, [controller["contact"], controller["email"]]))),
        (_("Receipt id"), value["consentReceiptID"]),
        language=value["language"],
    )


def of_decision(value: Value) -> Iterator[Entry]:
    """What was allowed and refused in one consent."""
    allowed = [one["label"] for one in value["attributes"] if one["granted"]]
    refused = [one["label"] for one in value["attributes"] if not one["granted"]]
    active, revoked = pgettext("consent", "Active"), pgettext("consent", "Revoked")
    yield _entry(
        value["application"] or _("System consent"),
        (_("State"), active if value["state"] == "active" else revoked),
        (_("Allowed"), _list(allowed)),
        (_("Refused"), _list(refused)),
        (pgettext("consent", "Given"), _moment(value["given_at"])),
        (_("Last changed"), _moment(value["changed_at"])),
        (_("Valid until"), _moment(value["valid_until"])),
    )


def of_linked_account(value: Value) -> Iterator[Entry]:
    """Another account here, or one at an identity provider."""
    yield _entry(
        value["account_name"] or value.get("subject", ""),
        (_("Identity provider"), value.get("provider", "")),
        (_("Issuer"), value.get("issuer", "")),
        (_("Identifier"), value.get("subject", "")),
        (_("Linked"), _moment(value["linked_at"])),
        (_("Last used"), _moment(value.get("last_used_at"))),
    )


def of_request(value: Value) -> Iterator[Entry]:
    """Something others had to agree to."""
    yield _entry(
        _join_parts(value["operation_label"], value["subject"]),
        *(
            (change["label"], " → ".join(filter(None, (change["was"], change["wanted"]))))
            for change in value["changes"]
        ),
        (_("State"), value["state_label"]),
        (_("Reason"), value["reason"]),
        (_("Asked for"), _moment(value["asked_at"])),
        (_("Ended"), _moment(value["ended_at"])),
    )


def of_security(value: Value) -> Iterator[Entry]:
    """How the person signs in and gets back in."""
    password = value["password"]
    yield _entry(
        _("Password"),
        (_("Set"), _yes_or_no(is_so=password["is_set"])),
        (_("Last changed"), _moment(password["changed_at"])),
        (_("New one asked for"), _moment(password["new_one_demanded_at"])),
    )
    for factor in value["second_factors"]:
        yield _entry(
            _join_parts(factor["label"], factor["name"]),
            (_("Added"), _moment(factor["added_at"])),
            (_("Last used"), _moment(factor["last_used_at"])),
            (_("Passkey"), _yes_or_no(is_so=True) if factor["is_passkey"] else ""),
        )
    left = value["backup_codes_left"]
    if left:
        codes = ngettext("%(count)s code left", "%(count)s codes left", left) % {"count": left}
        yield _entry(_("Backup codes"), (_("Unused"), codes))
    for browser in value["trusted_browsers"]:
        yield _entry(
            browser["browser"],
            (_("Trusted since"), _moment(browser["trusted_at"])),
            (_("Until"), _moment(browser["until"])),
            (_("IP address"), browser["ip"] or ""),
        )
    address = value["recovery_address"] or {}
    recovery = _entry(
        _("Account recovery"),
        (_("Security questions"), _list(value["challengeQuestions"])),
        (_("Recovery address"), address.get("email") or ""),
        (_("Not proven yet"), address.get("not_proven_yet") or ""),
        (_("Recovery without second factors from"), _moment(value["recovery_waits_until"])),
    )
    if recovery.facts:
        yield recovery


def of_session(value: Value) -> Iterator[Entry]:
    """Where somebody was signed in."""
    ended = _join_parts(_moment(value["ended_at"]), value["end_reason_label"] or "")
    yield _entry(
        session_title(value["browser"], value["operating_system"]),
        (_("Login time"), _moment(value["started_at"])),
        (_("Last accessed time"), _moment(value["last_seen_at"])),
        (_("Ended"), ended),
        (_("IP address"), value["ip"] or ""),
        (_("Applications"), _list(used["name"] for used in value["applications"])),
    )


def of_application(value: Value) -> Iterator[Entry]:
    """An application, and what it knows the person as."""
    yield _entry(
        value["name"],
        (_("Description"), value["description"]),
        (_("First access"), _moment(value["first_used_at"])),
        (_("Last access"), _moment(value["last_used_at"])),
        (_("Knows you as"), value["knows_you_as"] or ""),
        (_("Favourite"), _yes_or_no(is_so=True) if value["is_favourite"] else ""),
        (_("Works while you are away"), _yes_or_no(is_so=True) if value["has_offline_access"] else ""),
    )


def of_event(value: Value) -> Iterator[Entry]:
    """Something that happened."""
    hint = _join_parts(value["detail"], value["browser"] or "", value["ip"] or "")
    yield Entry(value["title"], hint=hint, at=_moment(value["at"]))


def _entry(title: str, *facts: tuple[str, str], language: str = "") -> Entry:
    """Without what is not known."""
    return Entry(title, tuple(Fact(label, value) for label, value in facts if value), language=language)


def _moment(value: str | None) -> str:
    return formats.moment(datetime.fromisoformat(value)) if value else ""


def _yes_or_no(*, is_so: bool) -> str:
    return _("Yes") if is_so else _("No")


def _list(values: Iterable[str]) -> str:
    return formats.listed(values)


def _join_parts(*parts: str) -> str:
    return " · ".join(filter(None, parts))
