"""Django admin, too, speaks the administrator's language: Django's own texts and those of our models."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone

from consent.purposes.models import Purpose, PurposeCategory
from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.claims.models import Claim
from myaccount.outbox import services as outbox
from myaccount.schedule.models import JobRun
from myaccount.schedule.services import run_due
from myaccount.users.models import User
from myaccount.web.models import PortalSettings
from security.factors.kinds import Authenticator
from security.policy.models import AuthenticationChain, ChainStep, SignInPolicy
from security.recovery.models import RecoverySettings
from security.recovery.questions import data as questions
from tests.support.browsing import new_browser, sign_in
from tests.support.people import FIREFOX, PASSPHRASE, make_person
from tests.translation.reading import Reader

pytestmark = pytest.mark.django_db

# Three words that Django itself leaves in English, and what is data on the pages looked at here.
DATA = (
    *("Search", "True", "False", "Administrators", "email_in_use", "pwd", "otp", "mfa", FIREFOX),
    *EventKind,
    *questions.LANGUAGES.values(),
    *(name for name, _ in questions.SETS),
    *(text for _, offered in questions.SETS for texts in offered for text in texts.values()),
)


@pytest.fixture
def reader(db: None) -> Reader:
    """An administrator who reads the accented pseudo-language, and something of every kind to look at."""
    now = timezone.now()
    person = make_person(language="en-xa", is_staff=True, is_superuser=True, display_name="Alice Liddell")
    record(EventKind.SIGNED_IN, user=person, origin=Origin(ip="192.0.2.1"), now=now)
    outbox.send_email("email_in_use", to="alice@example.org", user=person, now=now, context={})
    run_due(now=now)
    Group.objects.create(name="Administrators")
    PortalSettings().save()
    SignInPolicy().save()
    RecoverySettings().save()
    chain = AuthenticationChain.objects.create(name="Administrators")
    ChainStep.objects.create(chain=chain, authenticators=[Authenticator.PASSWORD])
    names = [*JobRun.objects.values_list("name", flat=True), *Claim.objects.values_list("name", flat=True)]
    names += _words_of_permissions()
    for kind in (Purpose, PurposeCategory):
        names += kind._default_manager.values_list("name", flat=True)
    names += Purpose.objects.values_list("description", flat=True)
    return Reader(sign_in(new_browser()), data=(*DATA, *names))


def _words_of_permissions() -> list[str]:
    """Permissions are kept in the words of when they were made, also of models that have no page here."""
    hidden = [model for model in apps.get_models() if model not in admin.site._registry]
    words = {name for model in hidden for name in (model._meta.verbose_name, model._meta.app_config.verbose_name)}
    return [*map(str, words), *Permission.objects.values_list("name", flat=True)]


def models() -> list[Any]:
    return sorted(admin.site._registry, key=lambda model: model._meta.label)


def address(model: type[Model], page: str, *arguments: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


@pytest.mark.parametrize("model", models(), ids=lambda model: model._meta.label)
def test_a_models_pages_have_no_text_outside_gettext(model: type[Model], reader: Reader) -> None:
    reader.get(address(model, "changelist"), expected=None)
    reader.get(address(model, "add"), expected=None)
    reader.post(address(model, "add"), {}, expected=None)
    found = model._default_manager.first()
    if found is not None:
        reader.get(address(model, "change", found.pk))
        reader.get(address(model, "history", found.pk))
        reader.get(address(model, "delete", found.pk), expected=None)


def test_the_first_page_has_no_text_outside_gettext(reader: Reader) -> None:
    reader.get(reverse("admin:index"))
    reader.get(reverse("admin:app_list", args=["users"]))


def test_a_mistake_has_no_text_outside_gettext(reader: Reader) -> None:
    fields = {"username": "a b", "password1": PASSPHRASE, "password2": "other", "email": "nonsense"}
    reader.post(address(User, "add"), fields, expected=200)
