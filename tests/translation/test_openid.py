"""The pages between an application and the portal."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from myaccount.users.models import User
from tests.support.browsing import new_browser, sign_in
from tests.support.people import make_person
from tests.support.relying_party import RelyingParty, relying_party
from tests.translation.reading import Reader

pytestmark = pytest.mark.django_db

DATA = ("Pickup", "My Organisation")  # what administrators called them


@pytest.fixture
def anna() -> User:
    """A person who reads the accented pseudo-language."""
    return make_person(values={"given_name": "Alice"}, display_name="Alice Liddell", language="en-xa")


@pytest.fixture
def reader(anna: User) -> Reader:
    return Reader(sign_in(new_browser()), DATA)


@pytest.fixture
def pickup() -> RelyingParty:
    return relying_party(may_work_offline=True)


def test_asking_for_consent_has_no_text_outside_gettext(reader: Reader, pickup: RelyingParty) -> None:
    for scope in ("openid email", "openid profile email offline_access"):
        reader.get(pickup.request(scope=scope))
    reader.post(pickup.request(), {"decision": "allow", "valid_until": "1999-01-01"})


def test_asking_for_what_is_missing_has_no_text_outside_gettext(reader: Reader) -> None:
    party = relying_party(claims={"country": True, "mobile": True, "role": True})
    request = party.request(scope="openid profile phone")
    reader.get(request)
    reader.post(request, {"decision": "allow"})


def test_going_on_has_no_text_outside_gettext(reader: Reader, pickup: RelyingParty) -> None:
    reader.post(pickup.request(), {"decision": "deny"}, expected=200)


def test_refusals_have_no_text_outside_gettext(reader: Reader, pickup: RelyingParty) -> None:
    for request in (
        pickup.request(redirect_uri=None),
        pickup.request(client_id="nobody"),
        f"{pickup.request()}&state=twice",
        f"{reverse('openid-logout')}?id_token_hint=x",
        f"{reverse('openid-logout')}?post_logout_redirect_uri=x",
    ):
        reader.get(request, expected=400)
    pickup.application.groups.add(Group.objects.create(name="Others"))
    reader.get(pickup.request(), expected=403)


def test_signing_out_for_an_application_has_no_text_outside_gettext(reader: Reader, pickup: RelyingParty) -> None:
    for query in ("", f"?client_id={pickup.application.client_id}"):
        reader.get(f"{reverse('openid-logout')}{query}")
