"""Second factors for tests, as people have them once they have proven them."""

from __future__ import annotations

import base64
import re
from datetime import datetime
from typing import Final

from django.utils import timezone
from django_otp.oath import TOTP

from myaccount.activity.services import SYSTEM
from myaccount.outbox.models import Message
from myaccount.users.models import User
from myaccount.web.encryption import encrypt
from security.factors.backup_codes.services import make as make_codes
from security.factors.models import SmsDevice, TotpDevice

SEED: Final = bytes(range(20))
NUMBER: Final = "+447400123456"


def add_app(user: User, *, name: str = "Phone", seed: bytes = SEED) -> TotpDevice:
    """An authenticator app."""
    app: TotpDevice = TotpDevice.objects.create(user=user, name=name, created_at=timezone.now(), seed=encrypt(seed))
    return app


def code_of(seed: bytes = SEED, *, at: datetime | None = None) -> str:
    """What the app shows at that moment, or now."""
    totp = TOTP(seed)
    totp.time = (at or timezone.now()).timestamp()
    return f"{totp.token():06}"


def wrong_code(seed: bytes = SEED) -> str:
    """A code that is right neither now nor a step beside it."""
    now = timezone.now().timestamp()
    near = set()
    for offset in (-60, -30, 0, 30, 60):
        totp = TOTP(seed)
        totp.time = now + offset
        near.add(f"{totp.token():06}")
    return next(code for code in ("000000", "111111", "222222", "333333", "444444", "555555") if code not in near)


def add_sms(user: User, number: str = NUMBER) -> SmsDevice:
    """A proven mobile number, used as a factor."""
    user.mobile, user.mobile_verified_at = number, timezone.now()
    user.save()
    device: SmsDevice = SmsDevice.objects.create(user=user, created_at=timezone.now())
    return device


def add_codes(user: User) -> list[str]:
    """Ten backup codes; for somebody with another factor."""
    return make_codes(user=user, origin=SYSTEM, now=timezone.now())


def sms_code() -> str:
    """The code of the newest SMS in the outbox."""
    message = Message.objects.filter(channel="sms").latest("created_at")
    found = re.search(r"#(\d{6})$", message.text.strip())
    assert found is not None, message.text
    return found[1]


def typed_secret(page: str) -> bytes:
    """The seed an enrolment page shows for typing."""
    found = re.search(r'id="totp-secret"[^>]*>([A-Z2-7 ]+)<', page)
    assert found is not None, page[:3000]
    return base64.b32decode(found[1].replace(" ", ""))
