"""Two accounts of one person."""

from __future__ import annotations

from django.test import Client
from django.utils import timezone

from linked_accounts.local import services
from linked_accounts.local.models import LocalLink
from myaccount.activity.services import SYSTEM
from myaccount.users.models import User

ADD = "/myaccount/personal-info/linked-accounts/add/"
STEP = "/myaccount/personal-info/linked-accounts/second-step/"
BACK = "/myaccount/personal-info/linked-accounts/switch-back/"
PAGE = "/myaccount/personal-info/"


def link(user: User, other: User) -> LocalLink:
    """As if both had been signed in to."""
    return services.link(user=user, other=other, origin=SYSTEM, now=timezone.now())


def switch_url(link: LocalLink) -> str:
    return f"/myaccount/personal-info/linked-accounts/{link.pk}/switch/"


def delete_url(link: LocalLink) -> str:
    return f"/myaccount/personal-info/linked-accounts/{link.pk}/delete/"


def who_is_in(browser: Client) -> str:
    """The username the shell shows; empty for nobody."""
    response = browser.get("/myaccount/")
    return response.context["portal"].person.username if response.status_code == 200 else ""
