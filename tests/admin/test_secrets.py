"""No page of administration shows what would let somebody in (security 88)."""

from __future__ import annotations

import re
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from myaccount.limits.models import AttemptBudget
from myaccount.outbox.models import Message
from myaccount.users.models import User
from profile.models import PendingContact
from security.models import PastPassword
from sessions_app.models import BrowserSession
from tests.admin.test_site import admin_pages
from tests.support.browsing import new_browser
from tests.support.people import PASSPHRASE


def test_no_page_shows_a_hash_a_code_a_token_or_a_session_key(
    alice: User, ada: User, alices: Client, adas: Client
) -> None:
    now = timezone.now()
    alices.post("/myaccount/personal-info/contact/email/", {"value": "alice@new.example", "opened_with": ""})
    alices.post("/myaccount/personal-info/contact/mobile/", {"value": "+447400123456", "opened_with": ""})
    new_browser().post("/myaccount/sign-in/", {"identifier": "alice", "password": "a wrong guess of hers"})
    PastPassword.objects.create(user=alice, password="fast_for_tests$past$0123456789", replaced_at=now)
    PendingContact.objects.update(expires_at=now + timedelta(hours=1))
    messages = Message.objects.filter(is_secret=True)
    codes = [code for message in messages for code in re.findall(r"\b\d{6}\b", message.text)]
    links = [link for message in messages for link in re.findall(r"/link/([\w-]+)/", message.text)]
    assert len(set(codes)) == 2
    assert links
    pending = PendingContact.objects.values_list("code_digest", "token_digest")
    sessions = BrowserSession.objects.values_list("session_key", "session_data")
    secrets = {
        *codes,
        *links,
        *(digest for pair in pending for digest in pair if digest),
        *(part for pair in sessions for part in pair),
        *User.objects.values_list("password", flat=True),
        *PastPassword.objects.values_list("password", flat=True),
        *AttemptBudget.objects.values_list("key", flat=True),
        PASSPHRASE,
        "a wrong guess of hers",
    }
    assert len(secrets) >= 14
    for path in admin_pages():
        page = adas.get(path, follow=True).content.decode()
        for secret in secrets:
            assert secret not in page, (path, secret)
