"""Applications and consents for tests."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from consent.applications.models import Application, ApplicationClaim
from consent.consents import services
from consent.consents.models import Consent
from consent.consents.selectors import Asking, asking
from consent.purposes.models import Purpose
from myaccount.activity.services import SYSTEM
from myaccount.claims.models import Claim
from myaccount.users.models import User


def make_application(name: str = "Pickup", *, claims: Mapping[str, bool] | None = None, **fields: Any) -> Application:
    """An application. `claims`: the attributes it asks for, and whether each is mandatory."""
    defaults = {
        "client_type": "confidential",
        "authorization_grant_type": "authorization-code",
        "redirect_uris": "https://pickup.example/callback",
        "algorithm": "RS256",
    }
    application = Application.objects.create(name=name, **{**defaults, **fields})
    asked = {"given_name": True, "email": False} if claims is None else claims
    for claim, is_mandatory in asked.items():
        ask_for(application, claim, is_mandatory=is_mandatory)
    return application


def ask_for(
    application: Application, name: str, *, is_mandatory: bool = False, purpose: str = "Providing the service"
) -> ApplicationClaim:
    """Let an application ask for one more attribute."""
    return ApplicationClaim.objects.create(
        application=application,
        claim=Claim.objects.get(name=name),
        purpose=Purpose.objects.get(name=purpose),
        is_mandatory=is_mandatory,
    )


def asked_of(user: User, application: Application, *, now: datetime | None = None) -> Asking:
    """What the application asks of the person, everything it lists."""
    names = application.claims.values_list("claim__name", flat=True)
    return asking(user=user, application=application, names=list(names), now=now or timezone.now())


def consent_to(
    user: User,
    application: Application,
    granted: Collection[str] | None = None,
    *,
    valid_until: datetime | None = None,
    scope: str = "openid profile email",
    now: datetime | None = None,
) -> Consent:
    """What the consent page does with an answer; everything listed is granted unless said otherwise."""
    now = now or timezone.now()
    asked = asked_of(user, application, now=now)
    return services.give(
        user=user,
        asking=asked,
        granted=[one.name for one in asked.listed] if granted is None else granted,
        scope=scope,
        valid_until=valid_until,
        origin=SYSTEM,
        now=now,
    )
