"""The pages of second factors, when looking after them, signing in, being led to one, and in Django admin."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone, translation

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.limits import services as limits
from myaccount.users.models import User
from security.attempts import IN_A_ROW, has_no_guesses_left
from security.factors.devices.services import WORDS as REFUSALS
from security.factors.devices.services import DeviceProblem
from security.factors.kinds import Authenticator
from security.factors.models import DeviceKind, SecurityDevice, TotpDevice, TrustedBrowser
from security.factors.selectors import MODELS
from security.policy.models import AuthenticationChain, ChainStep, Requirement, SignInPolicy
from tests.support.browsing import SECOND_STEP, SIGN_IN, make_stale, new_browser, sign_in
from tests.support.factors import add_app, add_codes, add_sms, code_of, sms_code, typed_secret, wrong_code
from tests.support.people import CHROME, PASSPHRASE, make_person
from tests.translation.reading import Reader, untranslatable

pytestmark = pytest.mark.django_db

# What people called their factors, and who made one of the devices.
DATA = ("Phone", "Blue key", "Old key", "YubiKey 5", "Alice's Chrome")
SECURITY = "/myaccount/security/"


@pytest.fixture
def anna(db: None) -> User:
    """A person who reads the accented pseudo-language."""
    return make_person(display_name="Alice Liddell", language="en-xa")


@pytest.fixture
def with_all(anna: User) -> User:
    """She has a factor of every kind, and two trusted browsers."""
    now = timezone.now()
    add_app(anna)
    add_sms(anna)
    add_codes(anna)
    for name, is_passwordless in (("Blue key", True), ("Old key", False)):
        SecurityDevice.objects.create(
            user=anna, name=name, created_at=now, last_used_at=now, kind=DeviceKind.USB, credential_id=name,
            public_key=b"", is_passwordless=is_passwordless, is_backup_eligible=False, is_backed_up=False,
            aaguid="ee882879-721c-4913-9775-3dfcce97072a",
        )  # fmt: skip
    for digest in "ab":
        TrustedBrowser.objects.create(
            user=anna, digest=digest, user_agent=CHROME, ip="192.0.2.1", created_at=now, last_used_at=now,
            expires_at=now + timedelta(days=30),
        )  # fmt: skip
    return anna


@pytest.fixture
def reader(anna: User) -> Reader:
    """A browser in which she has just signed in, with her app where she has one."""
    return Reader(sign_in(new_browser()), DATA)


@pytest.fixture
def half(with_all: User) -> Reader:
    """A browser in which she has given her password, and not yet more."""
    half = Reader(new_browser(), DATA)
    half.client.cookies["language"] = "en-xa"
    half.post(SIGN_IN, {"identifier": "alice", "password": PASSPHRASE}, expected=302)
    return half


def test_looking_after_factors_has_no_text_outside_gettext(with_all: User, reader: Reader) -> None:
    reader.get(SECURITY)
    for authenticator, model in MODELS.items():
        factor = model.objects.filter(user=with_all).order_by("pk").first()
        assert factor
        reader.get(reverse("remove-factor", args=[authenticator, factor.pk]))
    app = TotpDevice.objects.get()
    renaming = reverse("rename-factor", args=[app.authenticator, app.pk])
    reader.get(renaming)
    for name in ("", "x" * 65, "a\u202eb"):
        reader.post(renaming, {"name": name})
    reader.post_and_read(renaming, {"name": "Blue key"})
    reader.post_and_read(reverse("prefer-factor"), {"authenticator": "sms"})
    browser = TrustedBrowser.objects.first()
    assert browser
    reader.get(reverse("trusted-browsers"))
    reader.get(reverse("forget-browser", args=[browser.uuid]))
    reader.post_and_read(reverse("forget-browser", args=[browser.uuid]), {})
    reader.get(reverse("forget-browsers"))
    reader.get(reverse("forget-browser", args=[uuid4()]), expected=404)


def test_the_last_factor_has_no_text_outside_gettext(anna: User) -> None:
    app = add_app(anna)
    reader = Reader(sign_in(new_browser()), DATA)
    removing = reverse("remove-factor", args=[app.authenticator, app.pk])
    reader.get(removing)
    SignInPolicy(requirement=Requirement.EVERYONE).save()
    reader.get(removing)
    reader.post(removing, {})
    SignInPolicy.objects.update(requirement=Requirement.OPTIONAL)
    reader.post_and_read(removing, {})


@pytest.mark.parametrize("grace_days", [0, 14])
def test_who_has_to_have_one_reads_no_text_outside_gettext(reader: Reader, grace_days: int) -> None:
    SignInPolicy(requirement=Requirement.EVERYONE, grace_days=grace_days).save()
    reader.get(SECURITY)
    reader.get(reverse("add-factor"))
    reader.get(f"{reverse('add-factor')}?next=/admin/")


def test_setting_up_an_app_has_no_text_outside_gettext(anna: User, reader: Reader) -> None:
    adding = reverse("add-totp")
    seed = typed_secret(reader.get(adding).content.decode())
    for name, code in (("", ""), ("Phone", "12"), ("Phone", wrong_code(seed))):
        reader.post(adding, {"name": name, "code": code})
    reader.post_and_read(adding, {"name": "Phone", "code": code_of(seed)})
    again = reverse("regenerate-totp", args=[TotpDevice.objects.get().pk])
    seed = typed_secret(reader.get(again).content.decode())
    reader.post(again, {"code": wrong_code(seed)})
    reader.post_and_read(again, {"code": code_of(seed)})
    reader.post(again, {"code": "000000"})  # of a secret that was shown too long ago
    for _ in range(9):
        add_app(anna)
    seed = typed_secret(reader.get(adding).content.decode())
    reader.post(adding, {"name": "Phone", "code": code_of(seed)})
    for _ in range(6):
        reader.post(adding, {"name": "Phone", "code": wrong_code(seed)})


def test_setting_up_the_sms_number_has_no_text_outside_gettext(reader: Reader) -> None:
    editing, proving, number = reverse("edit-sms"), reverse("prove-sms"), "+44 7400 123456"
    reader.get(editing)
    for value in ("", "12", "+44 20 7946 0123"):
        reader.post(editing, {"mobile": value})
    reader.post_and_read(editing, {"mobile": number})
    for code in ("", "12", "000000"):
        reader.post(proving, {"code": code}, expected=None)
    reader.post_and_read(reverse("resend-sms"), {})
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=True):
        reader.post_and_read(reverse("resend-sms"), {})
        reader.post_and_read(proving, {"code": sms_code()})
        reader.get(editing)
        reader.post_and_read(editing, {"mobile": number})
        reader.post_and_read(editing, {"mobile": "+44 7400 654321"})
        reader.post_and_read(reverse("cancel-sms"), {})


def test_adding_a_device_has_no_text_outside_gettext(reader: Reader) -> None:
    reader.get(reverse("add-device"))
    for kind in DeviceKind.values:
        adding = reverse("add-device-kind", kwargs={"device": kind})
        reader.get(adding)
        reader.get(f"{adding}?older=1")
        answer = {"kind": kind, "challenge": str(uuid4()), "credential": "{}"}
        reader.post(reverse("register-device"), {**answer, "name": ""})
        reader.post(reverse("register-device"), {**answer, "name": "Blue key"})


@pytest.mark.parametrize("problem", REFUSALS, ids=str)
def test_why_a_device_was_refused_can_be_translated(problem: DeviceProblem) -> None:
    with translation.override("en-xa"):
        assert untranslatable(str(REFUSALS[problem])) == ""


def test_backup_codes_have_no_text_outside_gettext(anna: User, reader: Reader) -> None:
    making, showing = reverse("make-backup-codes"), reverse("show-backup-codes")
    reader.get(making, expected=302)
    reader.get(SECURITY)  # another factor comes first
    add_app(anna)
    reader = Reader(sign_in(new_browser()), DATA)
    reader.get(making)
    reader.post_and_read(making, {"replaces": "0"})
    reader.post(showing, {})
    reader.post_and_read(showing, {"saved": "on"})
    reader.get(showing, expected=302)
    reader.get(SECURITY)  # they are shown once only
    reader.get(making)


def test_the_second_step_has_no_text_outside_gettext(half: Reader, with_all: User) -> None:
    for kind in ("device", "totp", "sms", "backup-code"):
        page = f"{SECOND_STEP}{kind}/"
        half.get(page)
        half.post(page, {"code": "000000", "challenge": str(uuid4()), "credential": "{}"})
    for _ in range(2):
        half.post_and_read(f"{SECOND_STEP}sms/send/", {})
    for _ in range(6):
        half.post(f"{SECOND_STEP}totp/", {"code": wrong_code()})


def test_a_step_for_the_password_has_no_text_outside_gettext(half: Reader) -> None:
    """Who came in with a passkey, where a chain asks for the password as well."""
    chain = AuthenticationChain.objects.create(name="Strict")
    ChainStep.objects.create(chain=chain, authenticators=[Authenticator.PASSWORD])
    session = half.client.session
    session["pending_sign_in"] = {**session["pending_sign_in"], "methods": [Authenticator.PASSKEY]}
    session.save()
    half.get(f"{SECOND_STEP}password/")
    half.post(f"{SECOND_STEP}password/", {"password": "wrong"})


def test_confirming_by_a_second_factor_has_no_text_outside_gettext(with_all: User, reader: Reader) -> None:
    make_stale(reader.client)
    for kind in ("device", "totp", "sms", "backup-code"):
        page = reverse("confirm-with", args=[kind])
        reader.get(page)
        reader.post(page, {"code": "000000", "challenge": str(uuid4()), "credential": "{}"})
    reader.post_and_read(reverse("send-confirmation-code"), {})


@pytest.mark.parametrize("grace_days", [0, 14])
def test_being_led_to_one_has_no_text_outside_gettext(anna: User, grace_days: int) -> None:
    SignInPolicy(requirement=Requirement.EVERYONE, grace_days=grace_days).save()
    reader = Reader(new_browser(), DATA)
    reader.client.cookies["language"] = "en-xa"
    reader.post_and_read(SIGN_IN, {"identifier": "alice", "password": PASSPHRASE})
    for name in ("add-totp", "edit-sms", "add-device"):
        reader.get(reverse(name))


def test_a_refused_passkey_has_no_text_outside_gettext(anna: User) -> None:
    reader = Reader(new_browser())
    reader.client.cookies["language"] = "en-xa"
    reader.post(reverse("sign-in-with-passkey"), {"challenge": str(uuid4()), "credential": "{}"})


def test_factors_in_admin_have_no_text_outside_gettext(with_all: User) -> None:
    make_person("ada", language="en-xa", display_name="Alice Liddell", is_staff=True, is_superuser=True)
    reader = Reader(sign_in(new_browser(), "ada"), (*DATA, "ada"))
    bare = make_person("bob")
    reader.data += ("bob",)
    reader.get(reverse("admin:users_user_factors", args=[bare.pk]))
    listed = reverse("admin:users_user_factors", args=[with_all.pk])
    reader.get(listed)
    _close_codes(with_all)
    reader.get(listed)
    reader.post_and_read(listed, {})
    app = TotpDevice.objects.get(user=with_all)
    removing = reverse("admin:users_user_remove_factor", args=[with_all.pk, "totp", app.pk])
    reader.get(removing)
    reader.post(removing, {"reason": ""})
    reader.post_and_read(removing, {"reason": "Alice"})
    assert Event.objects.filter(kind=EventKind.FACTOR_REMOVED).exists()


def _close_codes(person: User) -> None:
    """As after a hundred wrong ones in a row."""
    key = f"{limits.LASTING}factor:{person.uuid}"
    for _ in range(IN_A_ROW.free_attempts):
        limits.reserve({key: IN_A_ROW}, now=timezone.now())
    assert has_no_guesses_left(person, now=timezone.now())
