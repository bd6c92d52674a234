"""Applications in Django admin: made there and nowhere else, with a secret nobody sees twice."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image
from pytest_django import DjangoAssertNumQueries, Settings

from consent.applications import uris
from consent.applications.models import Application, ApplicationClaim
from consent.consents.models import Consent
from consent.logout.models import LogoutDelivery
from consent.purposes.models import Purpose
from consent.receipts.models import ConsentReceipt
from consent.tokens.models import AccessToken, Grant, IDToken, RefreshToken
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.claims.models import Claim
from myaccount.users.models import User
from tests.consent.logout.support import used
from tests.consent.support import consent_to, make_application
from tests.support.browsing import make_stale, new_browser, sign_in
from tests.support.people import make_person
from tests.web.test_errors import words_of

LIST = "/admin/consent/application/"
ADD = f"{LIST}add/"
NO_CLAIMS = {"claims-TOTAL_FORMS": "0", "claims-INITIAL_FORMS": "0"}


@pytest.fixture
def ada(db: None) -> User:
    """An administrator with all rights."""
    return make_person("ada", is_staff=True, is_superuser=True)


@pytest.fixture
def adas(ada: User) -> Client:
    return sign_in(new_browser(), "ada")


def filled(**changes: Any) -> dict[str, Any]:
    values = {
        "name": "Pickup",
        "client_id": "pickup",
        "client_type": "confidential",
        "redirect_uris": "https://pickup.example/callback",
        "subject_type": "pairwise",
        "is_active": "on",
        **NO_CLAIMS,
        **changes,
    }
    return {name: value for name, value in values.items() if value is not None}


def errors_of(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200
    return {name: list(texts) for name, texts in response.context["adminform"].form.errors.items()}


def change_of(application: Application) -> str:
    return f"{LIST}{application.pk}/change/"


def secret_on(page: Any) -> str:
    found = re.search(r'class="client-secret"[^>]*><code>(\w+)</code>', page.content.decode())
    assert found
    return found[1]


def events() -> list[Any]:
    return [event.data["changed"] for event in Event.objects.filter(kind=EventKind.APPLICATION_CHANGED).order_by("id")]


# Making one


def test_a_new_application_has_what_all_have_and_a_secret_shown_once(adas: Client, ada: User) -> None:
    """Security 85, 88."""
    given_name, purpose = Claim.objects.get(name="given_name"), Purpose.objects.first()
    assert purpose
    claims = {
        "claims-TOTAL_FORMS": "1", "claims-INITIAL_FORMS": "0", "claims-0-claim": given_name.pk,
        "claims-0-purpose": purpose.pk, "claims-0-is_mandatory": "on",
    }  # fmt: skip
    page = adas.post(ADD, filled(redirect_uris="https://a.example/cb\r\nhttps://b.example/cb\n", **claims))
    secret = secret_on(page)
    assert page["Cache-Control"].find("no-store") >= 0
    application = Application.objects.get()
    assert (application.authorization_grant_type, application.algorithm) == ("authorization-code", "RS256")
    assert application.redirect_uris == "https://a.example/cb https://b.example/cb"
    assert not application.skip_authorization
    assert len(secret) >= 100
    assert application.client_secret.startswith("client_secret$")
    assert check_password(secret, application.client_secret)
    assert ApplicationClaim.objects.get().is_mandatory
    event = Event.objects.get(kind=EventKind.APPLICATION_CHANGED)
    assert (event.by_uuid, event.data) == (
        ada.uuid, {"application": "Pickup", "client_id": "pickup", "changed": ["created"]}
    )  # fmt: skip
    for address in (change_of(application), LIST, f"{LIST}{application.pk}/history/", "/admin/activity/event/"):
        content = adas.get(address).content.decode()
        assert secret not in content
        assert application.client_secret not in content
    assert secret not in str(adas.session.items())


def test_sending_the_form_twice_makes_one_application(adas: Client) -> None:
    """Reloading the page with the secret sends it again."""
    adas.post(ADD, filled())
    assert "client_id" in errors_of(adas.post(ADD, filled()))
    assert Application.objects.count() == 1


def test_a_client_id_is_offered(adas: Client) -> None:
    offered = [adas.get(ADD).context["adminform"].form["client_id"].value() for _ in range(2)]
    assert offered[0] != offered[1]
    assert len(offered[0]) >= 30


def test_a_public_application_gets_no_secret(adas: Client) -> None:
    answer = adas.post(ADD, filled(client_type="public"))
    application = Application.objects.get()
    assert answer["Location"] == change_of(application)
    assert "a public application has no secret" in words_of(adas.get(change_of(application)))
    assert adas.get(f"{LIST}{application.pk}/secret/").status_code == 404


def test_the_change_page_shows_what_to_paste(adas: Client) -> None:
    application = make_application(claims={"email": True, "given_name": False}, may_work_offline=True)
    page = words_of(adas.get(change_of(application)))
    for text in (
        "http://localhost:8000/.well-known/openid-configuration", application.client_id, "https://pickup.example/callback",
        "http://localhost:8000/oauth2/authorize/", "http://localhost:8000/oauth2/token/",
        "http://localhost:8000/oauth2/userinfo/", "http://localhost:8000/oauth2/keys/",
        "http://localhost:8000/oauth2/logout/", "openid email profile offline_access", "client_secret_basic",
    ):  # fmt: skip
        assert text in page, text
    assert "View on site" not in page  # the library's own page of an application, which is not there


# Changing one


def test_a_change_names_the_fields_and_nothing_else_changes(adas: Client) -> None:
    """Security 88."""
    application = make_application(claims={"email": True})
    claim = application.claims.get()
    secret = application.client_secret
    form = filled(
        name="Pick-up", client_id="another", redirect_uris="https://pickup.example/callback",
        authorization_grant_type="password", algorithm="HS256", hash_client_secret="", skip_authorization="on",
        client_secret="chosen", **{
            "claims-TOTAL_FORMS": "1", "claims-INITIAL_FORMS": "1", "claims-0-id": claim.pk,
            "claims-0-application": application.pk, "claims-0-claim": claim.claim_id,
            "claims-0-purpose": claim.purpose_id,
        },
    )  # fmt: skip
    assert adas.post(change_of(application), form).status_code == 302
    before = application.client_id
    application.refresh_from_db()
    assert (application.name, application.client_id, application.client_secret) == ("Pick-up", before, secret)
    assert (application.authorization_grant_type, application.algorithm) == ("authorization-code", "RS256")
    assert not application.skip_authorization
    assert not application.claims.get().is_mandatory
    assert events() == [["name", "claims"]]


def test_saving_without_a_change_is_no_event(adas: Client) -> None:
    application = make_application(claims={})
    adas.post(change_of(application), filled())
    assert events() == []


def test_a_logo_is_written_anew_and_can_be_removed(adas: Client) -> None:
    application = make_application(claims={})
    output = io.BytesIO()
    Image.new("RGB", (600, 600), "navy").save(output, "JPEG")
    upload = SimpleUploadedFile("logo.jpg", output.getvalue(), content_type="text/html")
    adas.post(change_of(application), filled(new_logo=upload))
    application.refresh_from_db()
    assert Image.open(io.BytesIO(bytes(application.logo))).format == "PNG"
    assert f"/myaccount/applications/{application.uuid}/logo/" in adas.get(change_of(application)).content.decode()
    bad = SimpleUploadedFile("logo.svg", b"<svg onload='alert(1)'/>", content_type="image/png")
    assert "new_logo" in errors_of(adas.post(change_of(application), filled(new_logo=bad)))
    adas.post(change_of(application), {**filled(), "new_logo-clear": "on"})
    application.refresh_from_db()
    assert bytes(application.logo) == b""


def test_what_is_listed_needs_an_address(adas: Client) -> None:
    assert "access_url" in errors_of(adas.post(ADD, filled(is_discoverable="on")))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("access_url", "javascript:alert(1)"),
        ("policy_url", "data:text/html,x"),
        ("backchannel_logout_uri", "ftp://app.example/"),
        ("name", "Pick\u202eup"),
        ("description", "\u200bhidden"),
        ("client_id", "with space"),
        ("client_id", "x:y"),
        ("redirect_uris", ""),
        ("client_type", "else"),
    ],
)
def test_what_would_do_harm_is_refused(adas: Client, field: str, value: str) -> None:
    assert field in errors_of(adas.post(ADD, filled(**{field: value})))
    assert not Application.objects.exists()


# Addresses


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example/callback", "https://app.example:8443/cb?tenant=1", "http://localhost:8001/callback",
        "http://127.0.0.1/cb", "http://[::1]:9000/cb", "https://xn--mller-kva.example/",
    ],
)  # fmt: skip
def test_redirect_uris_that_are_taken(uri: str) -> None:
    """Security 76."""
    uris.check_redirect_uri(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "http://app.example/cb", "http://127.0.0.1.evil.example/", "http://localhost.evil.example/", "app:/cb",
        "https://*.example/cb", "https://app.example/*", "https://app.example/cb#fragment", "https://app.example/cb#",
        "https://user@app.example/cb", "https://user:pass@app.example/", "https:///cb", "https://", "//app.example/cb",
        "/cb", "javascript:alert(1)", "data:text/html,x", "https://app.example\\@evil.example/", "https://a\tb.example/",
        "https://app.example:99999/", "https://[::1/", "https://app.example/" + "x" * 500,
    ],
)  # fmt: skip
def test_redirect_uris_that_are_refused(adas: Client, uri: str) -> None:
    """Security 76: in the form, too, wherever they stand among good ones."""
    with pytest.raises(ValidationError):
        uris.check_redirect_uri(uri)
    if not re.search(r"\s", uri):
        form = filled(redirect_uris=f"https://good.example/\n{uri}", post_logout_redirect_uris=uri)
        assert {"redirect_uris", "post_logout_redirect_uris"} <= errors_of(adas.post(ADD, form)).keys()


def test_in_production_http_is_refused_even_on_loopback(settings: Settings) -> None:
    """Security 76."""
    provider = {**settings.OAUTH2_PROVIDER, "ALLOWED_REDIRECT_URI_SCHEMES": ["https"]}
    settings.OAUTH2_PROVIDER = provider
    for check in (uris.check_redirect_uri, uris.check_backchannel_uri):
        with pytest.raises(ValidationError, match="has to begin with https://"):
            check("http://127.0.0.1/cb")


@pytest.mark.parametrize(
    "uri", ["https://127.0.0.1/out", "https://10.1.2.3/", "https://[fd00::1]/", "https://localhost/"]
)
def test_private_addresses_are_for_operators_to_allow(settings: Settings, uri: str) -> None:
    uris.check_backchannel_uri(uri)
    settings.PRIVATE_ADDRESSES_ALLOWED = False
    with pytest.raises(ValidationError, match="private network"):
        uris.check_backchannel_uri(uri)


# A new secret


def test_a_new_secret_replaces_the_old_one_at_once_and_is_shown_once(adas: Client) -> None:
    """Security 88."""
    application = make_application(claims={}, client_secret="the first one")
    address = f"{LIST}{application.pk}/secret/"
    assert "stops working at once" in words_of(adas.get(address))
    secret = secret_on(adas.post(address))
    application.refresh_from_db()
    assert check_password(secret, application.client_secret)
    assert not check_password("the first one", application.client_secret)
    assert secret not in adas.get(address).content.decode()
    assert events() == [["client_secret"]]


def test_a_new_secret_needs_a_fresh_proof(adas: Client) -> None:
    """Security 20."""
    application = make_application(claims={})
    before = application.client_secret
    make_stale(adas)
    for answer in (adas.get(f"{LIST}{application.pk}/secret/"), adas.post(f"{LIST}{application.pk}/secret/")):
        assert answer["Location"].startswith("/myaccount/confirm/")
    application.refresh_from_db()
    assert application.client_secret == before


def test_who_may_only_look_makes_no_secret(db: None) -> None:
    """Security 85."""
    group = Group.objects.create(name="Helpdesk")
    group.permissions.set(Permission.objects.filter(codename="view_application"))
    make_person("helga", is_staff=True).groups.set([group])
    browser = sign_in(new_browser(), "helga")
    application = make_application(claims={})
    assert browser.get(change_of(application)).status_code == 200
    for answer in (browser.get(f"{LIST}{application.pk}/secret/"), browser.post(f"{LIST}{application.pk}/secret/")):
        assert answer.status_code == 403
    assert browser.post(ADD, filled()).status_code == 403


@pytest.mark.parametrize("path", [LIST, ADD, f"{LIST}1/change/", f"{LIST}1/secret/", f"{LIST}1/delete/"])
def test_people_reach_no_application_form(alices: Client, path: str) -> None:
    """Security 85."""
    assert alices.get(path).status_code == 403
    assert alices.post(path).status_code == 403


# Removing one


def test_deleting_asks_how_many_it_concerns_and_keeps_the_receipts(adas: Client, alice: User, bob: User) -> None:
    application = make_application()
    consent_to(alice, application)
    consent_to(bob, application)
    address = f"{LIST}{application.pk}/delete/"
    page = words_of(adas.get(address))
    assert "2 people have consented to it" in page
    assert Application.objects.exists()
    adas.post(address, {"post": "yes"})
    assert not Application.objects.exists()
    assert not Consent.objects.filter(application__isnull=False).exists()
    assert ConsentReceipt.objects.count() >= 2
    assert events() == [["removed"]]


def test_many_are_not_deleted_at_a_stroke(adas: Client) -> None:
    application = make_application(claims={})
    adas.post(LIST, {"action": "delete_selected", "_selected_action": [application.pk], "post": "yes"})
    assert Application.objects.exists()


# What is not there


def test_no_code_and_no_token_has_a_page() -> None:
    """Security 88."""
    for model in (AccessToken, Grant, IDToken, RefreshToken):
        assert not admin.site.is_registered(model)


@pytest.mark.parametrize("count", [1, 20])
def test_the_list_costs_the_same_however_long_it_is(
    adas: Client, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        make_application(f"App {number}", claims={}, logo=b"png")
    with django_assert_num_queries(5):
        assert adas.get(LIST).status_code == 200


def test_a_sessions_page_shows_its_applications_and_whether_they_were_told(adas: Client, ada: User) -> None:
    session = ada.login_sessions.get()
    application = make_application("Calendar", claims={})
    used(application, session)
    LogoutDelivery.objects.create(
        login_session=session, user=ada, application=application, attempts=2, last_error="answered 500",
        created_at=session.started_at,
    )  # fmt: skip
    page = words_of(adas.get(reverse("admin:sessions_app_loginsession_change", args=[session.pk])))
    for text in ("Calendar", "Told that the session has ended", "Waiting", "answered 500"):
        assert text.lower() in page.lower()
