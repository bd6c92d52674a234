"""Identity providers in Django admin."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from linked_accounts.federated.models import IdentityProvider
from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.users.models import User
from myaccount.web import encryption
from tests.security.factors.devices_support import registered
from tests.support.authenticators import synced_passkey
from tests.support.browsing import make_stale, new_browser, sign_in
from tests.support.identity_provider import Mutant, RunningProvider, connected
from tests.support.people import make_person

LIST = "/admin/linked_accounts/identityprovider/"


@pytest.fixture
def adas(db: None) -> Client:
    """A browser of an administrator with all rights."""
    make_person("ada", is_staff=True, is_superuser=True)
    return sign_in(new_browser(), "ada")


def filled(**changes: Any) -> dict[str, Any]:
    values = {
        "name": "University", "slug": "university", "issuer": "https://university.example", "client_id": "portal",
        "new_secret": "a very secret secret", "scopes": "openid profile", "is_active": "on", "may_sign_in": "on",
        "claim_map": "given_name = given_name\n\n family_name= surname ",
    }  # fmt: skip
    return {**values, **changes}


def errors_of(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200
    return {name: list(texts) for name, texts in response.context["adminform"].form.errors.items()}


def test_an_administrator_sets_a_provider_up(adas: Client) -> None:
    """Security 88: the secret is encrypted, and shown nowhere."""
    assert adas.post(f"{LIST}add/", filled()).status_code == 302
    provider = IdentityProvider.objects.get()
    assert provider.claim_map == {"given_name": "given_name", "family_name": "surname"}
    assert encryption.decrypt(provider.client_secret) == b"a very secret secret"
    page = adas.get(f"{LIST}{provider.pk}/change/").content.decode()
    assert "a very secret secret" not in page
    assert provider.client_secret not in page
    assert "http://localhost:8000/myaccount/sign-in/with/university/callback/" in page
    event = Event.objects.get(kind=EventKind.IDENTITY_PROVIDER_CHANGED)
    assert event.data == {"provider": "University", "fields": ["created"]}


def test_an_empty_secret_keeps_the_one_there_is(adas: Client) -> None:
    adas.post(f"{LIST}add/", filled())
    provider = IdentityProvider.objects.get()
    adas.post(f"{LIST}{provider.pk}/change/", filled(name="Uni", new_secret=""))
    provider.refresh_from_db()
    assert provider.name == "Uni"
    assert encryption.decrypt(provider.client_secret) == b"a very secret secret"
    adas.post(f"{LIST}{provider.pk}/change/", filled(name="Uni", new_secret="another"))
    provider.refresh_from_db()
    assert encryption.decrypt(provider.client_secret) == b"another"
    assert "another" not in repr(list(Event.objects.values_list("data", flat=True)))


def test_a_fresh_proof_is_asked_for(adas: Client) -> None:
    """Security 20."""
    make_stale(adas)
    assert adas.get(f"{LIST}add/")["Location"].startswith("/myaccount/confirm/")
    assert adas.post(f"{LIST}add/", filled())["Location"].startswith("/myaccount/confirm/")
    assert not IdentityProvider.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("issuer", "https://university.example/?a=b"), ("issuer", "javascript:alert(1)"), ("issuer", ""),
        ("issuer", "https://me@university.example"), ("scopes", "profile"), ("claim_map", "given_name"),
        ("claim_map", "no_such = x"), ("claim_map", "email = email"), ("claim_map", "given_name = a b"),
        ("claim_map", "given_name = a\ngiven_name = b"), ("slug", "Uni versity"), ("name", "Uni\u202eversity"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused(adas: Client, field: str, value: str) -> None:
    assert list(errors_of(adas.post(f"{LIST}add/", filled(new_secret="", **{field: value})))) == [field]
    assert not IdentityProvider.objects.exists()


def test_who_has_to_correct_something_is_told_that_the_secret_is_gone(adas: Client) -> None:
    """Security 88: it is not sent back."""
    IdentityProvider.objects.create(name="University", slug="uni", issuer="https://uni.example", client_id="portal")
    for changes in ({"claim_map": "email = email"}, {"name": "University"}):
        response = adas.post(f"{LIST}add/", filled(**{"name": "Uni", **changes}))
        assert "Enter it again" in errors_of(response)["new_secret"][0]
        assert "a very secret secret" not in response.content.decode()
    assert "new_secret" not in errors_of(adas.post(f"{LIST}add/", filled(scopes="x", new_secret="")))


def test_the_form_says_beforehand_what_the_provider_asks_for(adas: Client) -> None:
    page = adas.get(f"{LIST}add/").content.decode()
    assert "http://localhost:8000/myaccount/sign-in/with/NAME/callback/" in page
    assert "django-admin-prepopulated-fields-constants" in page
    assert "stays as it is" not in page
    assert "comes by itself" in errors_of(adas.post(f"{LIST}add/", filled(claim_map="email = email")))["claim_map"][0]


def test_plain_http_needs_the_operators_word(adas: Client, settings: Settings) -> None:
    settings.PRIVATE_ADDRESSES_ALLOWED = False
    assert "issuer" in errors_of(adas.post(f"{LIST}add/", filled(issuer="http://university.example")))


def test_what_people_have_connected_stays_what_it_is(adas: Client, provider: IdentityProvider) -> None:
    """Security 72: no other issuer, and no deleting."""
    connected(User.objects.get(), provider)
    change = f"{LIST}{provider.pk}/change/"
    assert "issuer" in errors_of(adas.post(change, filled(issuer="https://other.example")))
    adas.post(f"{LIST}{provider.pk}/delete/", {"post": "yes"})
    assert IdentityProvider.objects.exists()
    page = adas.get("/admin/linked_accounts/federatedidentity/").content.decode()
    assert "carol-there@uni.example" in page


@pytest.mark.parametrize("off", ["is_active", "may_sign_in"])
def test_switching_one_off_tells_how_many_are_locked_out(adas: Client, provider: IdentityProvider, off: str) -> None:
    """Security 62: who has a password, a passkey or an identity elsewhere is not; nor is who is disabled."""
    other = IdentityProvider.objects.create(name="B", slug="b", issuer="https://b.example", client_id="x")
    dead = IdentityProvider.objects.create(
        name="C", slug="c", issuer="https://c.example", client_id="x", is_active=False
    )
    for name in ("only", "dead", "both", "passkey", "disabled", "password"):
        person = make_person(name)
        connected(person, provider, name)
        if name != "password":
            User.objects.filter(pk=person.pk).update(password="!", is_active=name != "disabled")
        if name in ("both", "dead"):
            connected(person, other if name == "both" else dead, name)
        if name == "passkey":
            registered(person, synced_passkey())
    change = f"{LIST}{provider.pk}/change/"
    fields = filled(issuer=provider.issuer, new_secret="")
    assert b"locked out" not in adas.post(change, {**fields, "name": "Uni"}, follow=True).content
    fields = {name: value for name, value in fields.items() if name != off}
    assert b"2 people have no other way to sign in" in adas.post(change, fields, follow=True).content
    assert b"locked out" not in adas.post(change, {**fields, "name": "Uni"}, follow=True).content


def test_the_provider_is_asked_whether_it_can_be_used(
    adas: Client, university: RunningProvider, provider: IdentityProvider
) -> None:
    check = f"{LIST}{provider.pk}/check/"
    assert adas.get(check).status_code == 405
    assert b"what it says of itself is right" in adas.post(check, follow=True).content
    university.mutant = Mutant(metadata={"issuer": "https://other.example"})
    assert b"its issuer is" in adas.post(check, follow=True).content
    university.mutant = Mutant(at="/keys", status=404)
    assert b"answered 404" in adas.post(check, follow=True).content


def test_secrets_are_closed_anew_with_the_rest(db: None, settings: Settings) -> None:
    """Security 55."""
    settings.SECRET_KEY = "the old key, long enough for what it is for"
    closed = encryption.encrypt(b"secret")
    IdentityProvider.objects.create(name="A", slug="a", issuer="https://a.example", client_secret=closed)
    IdentityProvider.objects.create(name="B", slug="b", issuer="https://b.example")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the new key, long enough for what it is for"
    said = StringIO()
    call_command("encrypt_anew", stdout=said)
    assert "1" in said.getvalue()
    settings.SECRET_KEY_FALLBACKS = []
    assert encryption.decrypt(IdentityProvider.objects.get(name="A").client_secret) == b"secret"
    assert IdentityProvider.objects.get(name="B").client_secret == ""
