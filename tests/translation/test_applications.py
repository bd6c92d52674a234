"""What people and administrators read about applications can be translated."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from consent.applications.models import Application, ApplicationAccess
from consent.logout.models import LogoutDelivery
from consent.purposes.models import Purpose
from consent.tokens.models import RefreshToken
from myaccount.claims.models import Claim
from myaccount.users.models import User
from tests.consent.support import consent_to, make_application
from tests.support.browsing import new_browser, sign_in
from tests.support.people import FIREFOX, make_person
from tests.translation.reading import Reader

pytestmark = pytest.mark.django_db
DATA = (
    "Pickup", "Calendar", "Who is where.", "https://app.example/", "app.example", "answered 500", "Phone", FIREFOX,
    "pwd", "otp", "mfa",
)  # fmt: skip


@pytest.fixture
def anna() -> User:
    return make_person(language="en-xa", is_staff=True, is_superuser=True, display_name="Alice Liddell")


@pytest.fixture
def reader(anna: User) -> Reader:
    """Somebody who reads the accented pseudo-language, with applications of every kind."""
    browser = sign_in(new_browser())
    words = {"access_url": "https://app.example/", "description": "Who is where."}
    listed: dict[str, Any] = {"is_discoverable": True, **words}
    pickup = make_application("Pickup", may_work_offline=True, **listed)
    make_application("Calendar", logo=b"png", **listed)
    consent_to(anna, pickup, scope="openid profile email phone address offline_access")
    RefreshToken.objects.create(
        token="first", user=anna, application=pickup, is_offline=True, ends_at=timezone.now() + timedelta(days=1)
    )
    session, now = anna.login_sessions.get(), timezone.now()
    ApplicationAccess.objects.create(login_session=session, application=pickup, first_at=now, last_at=now)
    LogoutDelivery.objects.create(
        login_session=session, user=anna, application=pickup, created_at=now, last_error="answered 500"
    )
    names = [*Claim.objects.values_list("name", flat=True), *Permission.objects.values_list("name", flat=True)]
    names += [*Purpose.objects.values_list("name", flat=True), *Application.objects.values_list("client_id", flat=True)]
    return Reader(browser, data=(*DATA, *names))


def test_the_applications_page_has_no_text_outside_gettext(reader: Reader, anna: User) -> None:
    for search in ("", "pick", "Pickup Calendar"):  # all, one, none
        reader.get(f"/myaccount/applications/?q={search}")
    removal = reverse("remove-application", args=[anna.consents.get(application__isnull=False).uuid])
    reader.get(removal)
    reader.post_and_read(removal, {})
    Application.objects.update(is_discoverable=False)
    reader.get("/myaccount/applications/")


def test_sessions_with_applications_have_no_text_outside_gettext(reader: Reader) -> None:
    reader.get("/myaccount/security/")
    reader.get("/myaccount/security/sessions/terminate-all/")


def test_administration_of_applications_has_no_text_outside_gettext(reader: Reader, anna: User) -> None:
    pickup = Application.objects.get(name="Pickup")
    for page in ("change", "delete", "history", "secret"):
        reader.get(reverse(f"admin:consent_application_{page}", args=[pickup.pk]))
    bad = {
        "name": "Pick\u202eup", "client_id": "a b", "client_type": "x", "backchannel_logout_uri": "ftp://x",
        "redirect_uris": "http://a.example/\n*\nhttps://app.example/#", "is_discoverable": "on",
        "claims-TOTAL_FORMS": "0", "claims-INITIAL_FORMS": "0",
    }  # fmt: skip
    reader.post(reverse("admin:consent_application_add"), bad, expected=200)
    reader.get(reverse("admin:sessions_app_loginsession_change", args=[anna.login_sessions.get().pk]))
