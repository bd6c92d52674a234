"""Somebody who has everything a portal can keep of a person, and what must never be told of it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from zipfile import ZipFile

from django.apps import apps
from django.db.models import BinaryField, CharField, TextField
from django.test import Client
from django.utils import timezone

import profile.pictures as pictures
from approvals.requests.models import ApprovalRequest, RequestState
from consent.applications.models import Favourite
from consent.consents import services as consents
from linked_accounts.models import FederatedIdentity, IdentityProvider, LocalLink
from myaccount.activity.kinds import EventKind
from myaccount.activity.services import SYSTEM, Origin, record
from myaccount.claims.models import Claim
from myaccount.operations.kinds import OperationKind
from myaccount.users.models import User
from profile.models import PendingContact
from security.factors.models import DeviceKind, SecurityDevice, TrustedBrowser
from security.models import PasswordDemand, PastPassword, RecoveryAddress, WaitingRecovery
from security.recovery.models import QuestionSet
from security.recovery.questions import data as questions
from security.recovery.questions.services import save_answers
from tests.consent.support import ask_for, consent_to, make_application
from tests.support.browsing import new_browser, sign_in
from tests.support.factors import SEED, add_app, add_codes, add_sms
from tests.support.lives import make_settled_person
from tests.support.people import CHROME, PASSPHRASE, make_person
from tests.support.relying_party import SECRET, relying_party

PAGE: Final = "/myaccount/personal-info/"
JSON: Final = f"{PAGE}export/json/"
ZIP: Final = f"{PAGE}export/zip/"
PRINTED: Final = f"{PAGE}export/page/"
ANSWER: Final = "Wonderland on the Water"
PNG: Final = b"RIFF\x00\x00\x00\x00WEBPVP8 a picture"


@dataclass
class Everything:
    """The person, a browser they have just signed in with, and the secrets a test made for them."""

    person: User
    browser: Client
    secrets: set[str]


def somebody_with_everything() -> Everything:
    """Values, contacts, factors, answers, sessions, tokens, consents, links and a history."""
    questions.add(apps, None)
    now = timezone.now()
    alice = make_settled_person(events=10)
    Claim.objects.create(name="dob", label="Day of beginning", is_in_profile=False)
    alice.profile.values |= {"dob": "2020-01-01"}
    alice.profile.save()
    browser = sign_in(new_browser())
    secrets = _tokens(alice, browser)
    _consents(alice)
    pictures.use_upload(user=alice, image=PNG, origin=SYSTEM, now=now)
    _links(alice)
    _request(alice)
    secrets |= _factors(alice)
    secrets |= _recovery(alice)
    PastPassword.objects.create(user=alice, password="fast_for_tests$past$0123456789", replaced_at=now)
    ada = make_person("ada", is_staff=True)
    record(
        EventKind.FACTORS_UNLOCKED, user=alice, by=ada, origin=Origin("203.0.113.99", CHROME), now=now,
    )  # fmt: skip
    browser = sign_in(new_browser())
    browser.post(f"{PAGE}contact/email/", {"value": "alice@new.example", "opened_with": ""})
    assert PendingContact.objects.exists()
    PasswordDemand.objects.create(user=alice, asked_at=now)
    WaitingRecovery.objects.create(
        user=alice, started_at=now, ready_at=now + timedelta(hours=24), cancel_digest="e" * 64
    )
    return Everything(alice, browser, secrets | {PASSPHRASE, ANSWER, ANSWER.casefold()})


def _tokens(alice: User, browser: Client) -> set[str]:
    """Of an application that may work offline; a code that waits, and tokens of another that was exchanged."""
    pickup = relying_party("Pickup", may_work_offline=True, description="Order ahead.", access_url="https://p.example/")
    consent_to(alice, pickup.application, scope="openid profile email offline_access")
    Favourite.objects.create(user=alice, application=pickup.application)
    given = pickup.tokens(browser, scope="openid profile email offline_access")
    waiting = pickup.code(browser)
    return {SECRET, waiting, given["access_token"], given["id_token"], given["refresh_token"]}


def _consents(alice: User) -> None:
    calendar = make_application("Calendar", claims={"given_name": True, "family_name": False}, subject_type="public")
    ask_for(calendar, "email", purpose="Contacting you")
    consent_to(alice, calendar, ["given_name"], valid_until=timezone.now() + timedelta(days=30))
    gone = consent_to(alice, make_application("Gone"))
    consents.revoke(consent=gone, origin=SYSTEM, now=timezone.now())


def _links(alice: User) -> None:
    now = timezone.now()
    other = make_person("alice.at.work")
    first, second = sorted([alice, other], key=lambda user: user.pk)
    LocalLink.objects.create(first=first, second=second, linked_at=now)
    provider = IdentityProvider.objects.create(
        name="University", slug="university", issuer="https://id.university.example",
        client_id="portal", client_secret="encrypted-client-secret-of-the-provider",
    )  # fmt: skip
    FederatedIdentity.objects.create(
        user=alice, provider=provider, issuer=provider.issuer, subject="u-4711", account_name="alice@uni.example",
        connected_at=now,
    )  # fmt: skip


def _request(alice: User) -> None:
    ApprovalRequest.objects.create(
        action="profile.set_attribute", kind=OperationKind.UPDATE_CLAIMS, subject_uuid=alice.uuid, subject_name="alice",
        requester=alice, requester_name=alice.name, payload={"claim": "department", "value": "Tea", "was": ""},
        digest="f" * 64, search="alice", workflow_name="Departments", state=RequestState.REJECTED,
        reason="Not this year.", created_at=timezone.now(), finished_at=timezone.now(),
    )  # fmt: skip


def _factors(alice: User) -> set[str]:
    now = timezone.now()
    add_app(alice)
    add_sms(alice)
    SecurityDevice.objects.create(
        user=alice, name="Blue key", created_at=now, kind=DeviceKind.USB, credential_id="credential-of-the-blue-key",
        public_key=b"public key of the blue key", is_passwordless=True, is_backup_eligible=False, is_backed_up=False,
    )  # fmt: skip
    TrustedBrowser.objects.create(
        user=alice, digest="d" * 64, user_agent=CHROME, ip="192.0.2.7", created_at=now, last_used_at=now,
        expires_at=now + timedelta(days=30),
    )  # fmt: skip
    return {*add_codes(alice), SEED.hex()}


def _recovery(alice: User) -> set[str]:
    now = timezone.now()
    chosen = {each.pk: (each.questions.all()[0].pk, f"{ANSWER} {each.pk}") for each in QuestionSet.objects.all()}
    save_answers(user=alice, answers=chosen, origin=SYSTEM, now=now)
    RecoveryAddress.objects.create(
        user=alice, email="alice@rescue.example", verified_at=now, pending_email="alice@other.example",
        code_digest="c" * 64,
    )  # fmt: skip
    return {answer for _question, answer in chosen.values()}


_SECRET_WORDS: Final = ("digest", "password", "secret", "seed", "token", "salt", "session_key", "session_data",
                        "challenge", "binding", "code", "public_key", "credential_id", "key")  # fmt: skip
_NO_SECRET: Final = {
    "claim",
    "username_key",  # of one's own name
    "email_key",
    "code_challenge_method",
    "hash_client_secret",
    "post_logout_redirect_uris",
}
_NO_SECRET_OF: Final = {"consent.ConsentReceipt", "profile.UploadedPicture", "auth.Permission"}


def secrets_in_the_database() -> Iterator[str]:
    """Whatever any table keeps under a name like a secret's, those of tomorrow included."""
    for model in apps.get_models():
        names = [
            field.attname
            for field in model._meta.concrete_fields
            if isinstance(field, CharField | TextField | BinaryField)
            and field.attname not in _NO_SECRET
            and any(word in field.attname for word in _SECRET_WORDS)
        ]
        if names and model._meta.label not in _NO_SECRET_OF:
            for row in model._default_manager.values_list(*names):
                for value in row:
                    text = bytes(value).hex() if isinstance(value, bytes | memoryview) else value
                    if text and len(text) >= 6:
                        yield text


def pieces_of(response: Any) -> Iterator[bytes]:
    """A download, as it comes."""
    assert response.status_code == 200, response.status_code
    return iter(response.streaming_content)


def body_of(response: Any) -> bytes:
    """All of a download."""
    return b"".join(pieces_of(response))


def exported(browser: Client) -> dict[str, Any]:
    """The file a browser downloads."""
    content: dict[str, Any] = json.loads(body_of(browser.post(JSON)))
    return content


def unzipped(browser: Client) -> ZipFile:
    """The ZIP a browser downloads."""
    archive = ZipFile(io.BytesIO(body_of(browser.post(ZIP))))
    assert archive.testzip() is None
    return archive
