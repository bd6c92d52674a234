"""The application both providers know; `python -m bench.seed_openid` fills the library's database."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, Final

import django
from django.core.management import call_command

CLIENT_ID: Final = "bench"
REDIRECT_URI: Final = "https://pickup.example.org/callback"
APPLICATIONS: Final = 10


def fill(user: Any, *, now: Any) -> None:
    """Ten applications the person has agreed to in the portal; the first is measured."""
    from consent.models import Application, ApplicationClaim, Consent, ConsentedClaim, Purpose
    from myaccount.claims.models import Claim

    purpose = Purpose.objects.order_by("pk")[0]
    claims = list(Claim.objects.filter(name__in=["username", "email", "given_name", "family_name", "locale"]))
    system = Consent.objects.create(user=user, given_at=now, changed_at=now)
    _agree(ConsentedClaim, system, claims, purpose, now=now)
    for number in range(APPLICATIONS):
        application = Application.objects.create(
            client_id=CLIENT_ID if number == 0 else f"{CLIENT_ID}{number}",
            name=f"Application {number}",
            client_type=Application.CLIENT_PUBLIC,
            authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
            algorithm=Application.RS256_ALGORITHM,
            redirect_uris=REDIRECT_URI,
        )
        ApplicationClaim.objects.bulk_create(
            ApplicationClaim(application=application, claim=claim, purpose=purpose, is_mandatory=claim.name == "email")
            for claim in claims
        )
        consent = Consent.objects.create(
            user=user, application=application, given_at=now, changed_at=now, scope="openid profile email"
        )
        _agree(ConsentedClaim, consent, claims, purpose, now=now)


def _agree(model: Any, consent: Any, claims: list[Any], purpose: Any, *, now: Any) -> None:
    model.objects.bulk_create(
        model(consent=consent, claim=claim, is_granted=True, decided_at=now, purpose=purpose, purpose_version=1)
        for claim in claims
    )


def fill_stock() -> dict[str, Any]:
    """The person, a session, the application, and the token that lets the library skip its page."""
    from django.utils import timezone
    from oauth2_provider.models import AccessToken, Application

    from bench.seed import seed_limit_c

    cookies = seed_limit_c()
    from django.contrib.auth.models import User

    user = User.objects.get()
    application = Application.objects.create(
        client_id=CLIENT_ID,
        client_type=Application.CLIENT_PUBLIC,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        algorithm=Application.RS256_ALGORITHM,
        redirect_uris=REDIRECT_URI,
    )
    AccessToken.objects.create(
        user=user,
        application=application,
        token="kept",
        scope="openid profile email",
        expires=timezone.now() + timedelta(days=1),
    )
    return cookies


if __name__ == "__main__":
    django.setup()
    call_command("migrate", verbosity=0)
    print(json.dumps(fill_stock()))
