"""`userInfo.json`: what is in it, that its schema describes it, and that nothing else is in it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from jsonschema import Draft202012Validator

from consent.receipts.models import ConsentReceipt
from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.claims.models import Claim
from myaccount.claims.uris import uri_of
from myaccount.export.contents import PARTS
from myaccount.export.schema import schema_file
from myaccount.users.models import User
from profile.models import Profile
from tests.export.support import (
    JSON,
    PRINTED,
    Everything,
    body_of,
    exported,
    pieces_of,
    secrets_in_the_database,
    unzipped,
)
from tests.support.browsing import new_browser, sign_in
from tests.support.people import CHROME, FIREFOX, make_person

SCHEMA: dict[str, Any] = json.loads(schema_file())
HOSTILE = "</script><script>alert(1)</script>\"'\\\n\u2028=cmd|' /C calc'!A0"


def assert_valid(content: Any) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    validator = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
    problems = [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(content)]
    assert problems == []


def described(part: Any) -> bool:
    """Whether a part of the schema, and every part of it, has a description and allows nothing that has none."""
    if isinstance(part, list):
        return all(described(each) for each in part)
    if not isinstance(part, dict):
        return True
    if part.get("type") == "object" and part.get("additionalProperties") is not False:
        return False
    members = part.get("properties", {}).values()
    return all("description" in member and described(member) for member in members) and all(
        described(value) for name, value in part.items() if name not in ("properties", "patternProperties")
    )


def test_the_schema_describes_every_member_and_allows_no_other() -> None:
    """Security 30: what the schema does not name cannot be in a valid file."""
    assert described(SCHEMA)
    parts = {part.name for part in PARTS}
    assert set(SCHEMA["properties"]) - parts == {
        "$schema",
        "format_version",
        "exported_at",
        "exported_from",
        "language",
    }
    assert parts <= set(SCHEMA["required"])


def test_the_file_of_somebody_with_everything_is_valid(everything: Everything) -> None:
    """Security 30: and none of its lists is empty, so that each is looked at."""
    content = exported(everything.browser)
    assert_valid(content)
    for part in PARTS:
        assert content[part.name], part.name
    assert all(content["security"].values())
    assert content["user_profile"]["pending_changes"]
    assert content["applications"][0]
    assert list(content)[5:] == [part.name for part in PARTS]


def test_the_file_of_somebody_with_nothing_is_valid(db: None) -> None:
    make_person("new", email="")
    content = exported(sign_in(new_browser(), "new"))
    assert_valid(content)
    assert content["basic"] == {uri_of("username"): "new"}
    assert content["consents"] == content["linked_accounts"] == []
    assert content["security"]["challengeQuestions"] == []


def test_it_says_what_is_kept(everything: Everything) -> None:
    """Manual: “personal information, consents, and other claims”; security questions without their answers."""
    content = exported(everything.browser)
    basic, profile = content["basic"], content["user_profile"]
    assert basic["http://wso2.org/claims/givenname"] == "Alice"
    assert basic["http://wso2.org/claims/dob"] == "1990-11-22"
    assert basic["http://wso2.org/claims/custom.dob"] == "2020-01-01"
    assert basic["http://wso2.org/claims/photourl"].startswith("http://localhost:8000/myaccount/")
    assert profile["attributes"]["country"]["shown"] == "United Kingdom"
    assert {claim["claim_uri"] for claim in profile["attributes"].values()} == set(basic)
    assert profile["picture"] == {"kind": "uploaded", "file": "picture.webp"}
    assert [each["value"] for each in profile["pending_changes"]] == ["alice@new.example"]
    assert {factor["kind"] for factor in content["security"]["second_factors"]} == {"totp", "sms", "device"}
    assert content["security"]["backup_codes_left"] == 10
    assert content["security"]["challengeQuestions"][0] == "What was the name of your first teacher at school?"
    assert content["security"]["recovery_address"]["email"] == "alice@rescue.example"
    assert {account["account_name"] for account in content["linked_accounts"]} == {"alice.at.work", "alice@uni.example"}
    assert [each["is_current"] for each in content["sessions"]].count(True) == 1
    by_name = {application["name"]: application for application in content["applications"]}
    assert set(by_name) == {"Calendar", "Gone", "Pickup"}
    assert by_name["Pickup"]["is_favourite"]
    assert by_name["Pickup"]["has_offline_access"]
    assert by_name["Pickup"]["knows_you_as"] not in (None, str(everything.person.uuid))
    assert by_name["Calendar"]["knows_you_as"] == str(everything.person.uuid)
    assert "Pickup" in [used["name"] for session in content["sessions"] for used in session["applications"]]
    assert content["events"][0]["kind"] == EventKind.DATA_EXPORTED
    assert content["events"][0]["detail"] == "JSON file"


def test_consents_are_the_receipts_in_force_as_they_were_issued(everything: Everything) -> None:
    """Manual: receipts contain the PII controller information “as it is at the time that the receipt is generated”."""
    content = exported(everything.browser)
    issued = {str(receipt.pk): receipt.document for receipt in ConsentReceipt.objects.all()}
    assert {each["services"][0]["service"] for each in content["consents"]} == {"My Organisation", "Pickup", "Calendar"}
    for receipt in content["consents"]:
        assert receipt == issued[receipt["consentReceiptID"]]
    states = {each["application"]: each["state"] for each in content["decisions"]}
    assert states == {None: "active", "Pickup": "active", "Calendar": "active", "Gone": "revoked"}
    calendar = next(each for each in content["decisions"] if each["application"] == "Calendar")
    assert {one["attribute"]: one["granted"] for one in calendar["attributes"]} == {
        "given_name": True, "family_name": False, "email": False,
    }  # fmt: skip


def test_it_never_holds_a_hash_a_seed_an_answer_or_a_token(everything: Everything) -> None:
    """Security 30: searched for everything the database keeps as a secret, in the file, the ZIP and the page."""
    browser = everything.browser
    file = body_of(browser.post(JSON)).decode()
    archive = unzipped(browser)
    page = browser.post(PRINTED, follow=True).content.decode()
    cookies = {cookie.value for name, cookie in browser.cookies.items() if name != "language"}
    secrets = everything.secrets | set(secrets_in_the_database()) | cookies
    assert len(secrets) > 60
    for text in (file, page, *(archive.read(name).decode(errors="replace") for name in archive.namelist())):
        assert {secret for secret in secrets if secret in text} == set()


def test_what_an_administrator_did_is_told_without_where_they_were(everything: Everything) -> None:
    """Security 30: no more of other people than the security history shows."""
    text = body_of(everything.browser.post(JSON)).decode()
    event = next(each for each in json.loads(text)["events"] if each["by_administrator"])
    assert (event["ip"], event["browser"], event["user_agent"], event["session"]) == (None, None, None, None)
    assert "203.0.113.99" not in text
    assert "ada" not in {word.strip('",') for word in text.split()}


def test_nothing_of_anybody_else_is_in_it(alices: Client, bob: User) -> None:
    """Security 30: own data."""
    record(EventKind.SIGNED_IN, user=bob, origin=Origin("203.0.113.77", FIREFOX), now=timezone.now())
    sign_in(new_browser(CHROME, address="203.0.113.78"), "bob")
    text = body_of(alices.post(JSON)).decode()
    assert "203.0.113.7" not in text
    assert str(bob.uuid) not in text


def test_hostile_text_is_text(alices: Client, alice: User) -> None:
    """Security 23, 31: in values, names, the user agent; nothing is CSV, and only JSON's own characters are escaped."""
    Claim.objects.create(name="hostile", label=HOSTILE[:60])
    Profile.objects.update(values={"given_name": HOSTILE, "hostile": HOSTILE})
    User.objects.update(display_name=HOSTILE)
    browser = sign_in(new_browser(f"{FIREFOX} {HOSTILE}".replace("\n", " ")))
    response = browser.post(JSON)
    assert response["Content-Type"] == "application/json"
    content = json.loads(body_of(response))
    assert_valid(content)
    assert content["basic"][uri_of("given_name")] == HOSTILE
    page = browser.post(PRINTED, follow=True).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    for name in unzipped(browser).namelist():
        assert name in ("README.txt", "userInfo.json", "userInfo.schema.json") or name.startswith("receipts/")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="other databases refuse it")
def test_half_a_letter_does_not_break_it(alices: Client) -> None:
    """Security 90: SQLite keeps in JSON what UTF-8 cannot say."""
    Profile.objects.update(values={"im": "\ud83d"})
    content = exported(alices)
    assert content["basic"][uri_of("im")] == "\ud83d"
    assert_valid(content)


def test_words_are_in_the_persons_language_and_names_are_not(alice: User) -> None:
    User.objects.update(language="en-xa", time_zone="Asia/Tokyo")
    content = exported(sign_in(new_browser()))
    assert content["language"] == "en-xa"
    assert content["user_profile"]["attributes"]["given_name"]["label"] != "First Name"
    assert content["events"][1]["title"] != "Signed in"
    assert content["events"][1]["kind"] == EventKind.SIGNED_IN
    assert content["events"][1]["at"].endswith("Z")
    assert_valid(content)


def test_the_file_is_readable(alices: Client) -> None:
    """Manual: a person opens it. Members on lines of their own, letters as letters."""
    Profile.objects.update(values={"given_name": "Zoë"})
    text = body_of(alices.post(JSON)).decode()
    assert '\n    "http://wso2.org/claims/givenname": "Zoë",\n' in text
    assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=2) + "\n"


def test_the_schema_is_for_anybody_at_the_address_the_file_names(alices: Client, client: Client) -> None:
    address = exported(alices)["$schema"]
    assert address == f"http://localhost:8000{reverse('export-schema')}"
    response = client.get(reverse("export-schema"))
    assert response.content == schema_file()
    assert response["Content-Type"] == "application/schema+json"


def test_no_two_attributes_share_a_uri(db: None) -> None:
    names = [*Claim.objects.values_list("name", flat=True), "givenname", "lastname", "dob", "custom", "local"]
    assert len({uri_of(name) for name in names}) == len(names)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_a_list_is_read_as_it_is_written(part: Any) -> None:
    """Lists are iterators, so that no part is in memory as a whole; the schema knows which are lists."""
    assert SCHEMA["properties"][part.name]["type"] in ("object", "array")
    assert (part.count is None) or SCHEMA["properties"][part.name]["type"] == "array"


def test_a_file_that_broke_off_is_no_json(alices: Client) -> None:
    """What fails on the way, such as the database, leaves a file no reader takes for a whole one."""

    def fail(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "activity_event" in sql:
            raise OperationalError("the database went away")
        return execute(sql, params, many, context)

    response = alices.post(JSON)
    pieces: list[bytes] = []
    with connection.execute_wrapper(fail), pytest.raises(OperationalError):
        pieces.extend(pieces_of(response))
    assert pieces
    with pytest.raises(json.JSONDecodeError):
        json.loads(b"".join(pieces))
