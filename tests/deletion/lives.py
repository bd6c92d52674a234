"""A person who has used everything there is, with words that are nowhere else."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Final

from axes.models import AccessAttempt
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from approvals.requests import decisions
from approvals.requests.models import ApprovalTask
from linked_accounts.models import FederatedIdentity, IdentityProvider, LocalLink
from myaccount.activity.kinds import EventKind
from myaccount.activity.services import SYSTEM, Origin, record
from myaccount.claims.models import Claim
from myaccount.outbox import services as outbox
from myaccount.registration.models import Registration, State
from myaccount.users.models import User
from profile.models import PendingContact, UploadedPicture
from profile.services import change_attribute, fingerprint
from security.factors.models import SecurityDevice, TrustedBrowser
from security.recovery.models import RecoveryAddress
from sessions_app.models import LoginSession
from tests.approvals.support import make_workflow
from tests.consent.support import consent_to, make_application
from tests.security.factors.devices_support import registered
from tests.support.browsing import SIGN_IN, new_browser, sign_in
from tests.support.factors import add_app, add_codes, add_sms
from tests.support.people import make_person

ADDRESS: Final = "203.0.113.77"
BROWSER: Final = "Quillzilla/9.0 (Windows NT 10.0; Win64; x64)"
ORIGIN: Final = Origin(ADDRESS, BROWSER)
PERSONAL: Final = (
    "quillfeather", "Zephyrine", "Marchbanks", "Thistledown", "7400123456", "203.0.113.77", "Quillzilla",
    "Umbrellaphone", "Featherkey",
)  # fmt: skip


def make_quill() -> User:
    """Quillfeather, of whom something is in every table that knows people."""
    now = timezone.now()
    values = {"given_name": "Zephyrine", "family_name": "Marchbanks", "organization": "Thistledown", "country": "GB"}
    quill = make_person("quillfeather", values=values, display_name="Zephyrine Marchbanks", language="de")
    browser = new_browser(BROWSER, address=ADDRESS)
    browser.post(SIGN_IN, {"identifier": "quillfeather", "password": "wrong"})
    sign_in(browser, "quillfeather")
    _ways_to_sign_in(quill)
    _what_was_agreed(quill)
    _other_accounts(quill)
    _what_was_asked_for(quill, make_person("carol"))
    UploadedPicture.objects.create(user=quill, image=b"Zephyrine", digest="q" * 64)
    PendingContact.objects.create(
        user=quill, kind="email", value="new@quillfeather.example", session_uuid=LoginSession.objects.get().pk,
        sent_at=now, expires_at=now + timedelta(hours=1),
    )  # fmt: skip
    record(EventKind.FACTOR_ADDED, user=quill, origin=ORIGIN, now=now, data={"factor": "totp", "name": "Umbrellaphone"})
    facts = {"at": "now", "ip": ADDRESS, "browser": "Quillzilla"}
    outbox.send_email("password_changed", to=quill.email, user=quill, now=now, context=facts)
    return quill


def _ways_to_sign_in(quill: User) -> None:
    now = timezone.now()
    add_app(quill, name="Umbrellaphone")
    add_sms(quill)
    registered(quill)
    add_codes(quill)
    SecurityDevice.objects.update(name="Featherkey")
    RecoveryAddress.objects.create(user=quill, email="spare@quillfeather.example", verified_at=now)
    TrustedBrowser.objects.create(
        user=quill, digest="d" * 64, user_agent=BROWSER, ip=ADDRESS, created_at=now, last_used_at=now,
        expires_at=now + timedelta(days=1),
    )  # fmt: skip
    AccessAttempt.objects.create(
        username=str(quill.uuid), ip_address=ADDRESS, user_agent=BROWSER, path_info=SIGN_IN, failures_since_start=1
    )


def _what_was_agreed(quill: User) -> None:
    consent_to(quill, make_application("Pickup"))
    consent_to(quill, make_application("Canteen", claims={"organization": True}))


def _other_accounts(quill: User) -> None:
    now = timezone.now()
    bob = make_person("bob")
    LocalLink.objects.create(first=quill, second=bob, linked_at=now)
    elsewhere = IdentityProvider.objects.create(
        name="Elsewhere", slug="elsewhere", issuer="https://elsewhere.example", client_id="portal"
    )
    FederatedIdentity.objects.create(
        user=quill, provider=elsewhere, issuer=elsewhere.issuer, subject="quillfeather-1", connected_at=now,
        account_name="quillfeather@elsewhere.example",
    )  # fmt: skip
    record(EventKind.APPROVAL_GIVEN, user=bob, by=quill, origin=ORIGIN, now=now)
    LogEntry.objects.create(
        user=bob, content_type=ContentType.objects.get_for_model(User), object_id=str(quill.pk),
        object_repr="quillfeather", action_flag=CHANGE,
    )  # fmt: skip


def _what_was_asked_for(quill: User, carol: User) -> None:
    """The account came of a registration; of the changes of it carol has refused one, and one waits."""
    now = timezone.now()
    Registration.objects.create(
        state=State.DONE, username="quillfeather", username_key="quillfeather", email=quill.email,
        email_key=quill.email, purpose_version=1, language="de", started_at=now, sent_at=now, expires_at=now,
        ended_at=now, ip=ADDRESS, user_agent=BROWSER, user_uuid=quill.uuid,
    )  # fmt: skip
    outbox.send_email("registration_waiting", to=quill.email, user=None, now=now, context={})
    workflow = make_workflow([carol])
    for value in ("Thistledown Lab", "Thistledown Works"):
        change_attribute(
            user=quill, claim=Claim.objects.get(name="department"), value=value, opened_with=fingerprint(""),
            origin=ORIGIN, now=now,
        )  # fmt: skip
    task = ApprovalTask.objects.latest("pk")
    decisions.claim(task_pk=task.pk, by=carol, origin=SYSTEM, now=now)
    decisions.reject(task_pk=task.pk, by=carol, reason="No", origin=SYSTEM, now=now)
    workflow.delete()


def traces(*words: str) -> dict[str, set[str]]:
    """The tables one of these words is in, in any spelling, with the columns."""
    found: dict[str, set[str]] = {}
    for model in apps.get_models(include_auto_created=True):
        for row in model._base_manager.all().iterator():
            for field in model._meta.concrete_fields:
                value = field.value_from_object(row)
                text = bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else value
                written = json.dumps(text, default=str, ensure_ascii=False).casefold()
                if any(word.casefold() in written for word in words):
                    found.setdefault(model.__name__, set()).add(field.name)
    return found
