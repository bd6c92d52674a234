"""People for tests."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from myaccount.users.models import User
from profile.models import Profile
from tests.support.factors import add_app

PASSPHRASE = "seven quiet wooden lanterns"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
SAFARI_PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.1 Mobile/15E148 Safari/604.1"
)


def make_person(
    username: str = "alice", *, values: dict[str, str] | None = None, has_app: bool | None = None, **fields: Any
) -> User:
    """A person with a proven e-mail address `<username>@example.org` and PASSPHRASE.

    Administrators have an authenticator app unless a test says otherwise: Django admin is closed to them without.
    """
    email = fields.pop("email", f"{username}@example.org")
    defaults = {"email_verified_at": timezone.now() if email else None}
    password = fields.pop("password", PASSPHRASE)
    user = User.objects.create_user(username, email, password, **{**defaults, **fields})
    Profile.objects.create(user=user, values=values or {})
    if fields.get("is_staff") if has_app is None else has_app:
        add_app(user)
    return user
