"""The applications of the demonstration, and what alice lets one of them know."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.contrib.auth.hashers import check_password

from consent.applications.models import Application, ApplicationAccess, ApplicationClaim
from consent.applications.services import save_changed, save_new
from consent.consents.models import Consent
from consent.consents.selectors import asking
from consent.consents.services import give, note_use
from consent.purposes.models import Purpose
from myaccount.activity.services import Origin
from myaccount.claims.models import Claim
from myaccount.users.models import User
from sessions_app.models import LoginSession

PICKUP: Final = "pickup"
CALENDAR: Final = "team-calendar"


@dataclass(frozen=True)
class DemoApplication:
    """An application; `claims`: the attributes it asks for, what for, and whether each is mandatory."""

    client_id: str
    fields: dict[str, Any]
    claims: tuple[tuple[str, str, bool], ...] = field(default=())


APPLICATIONS: Final = (
    DemoApplication(
        PICKUP,
        {
            "name": "Pickup",
            "description": "Order ahead, collect when it suits you.",
            "is_discoverable": True,
        },
        (
            ("email", "Contacting you", True),
            ("given_name", "Providing the service", True),
            ("mobile", "Contacting you", False),
            ("country", "Making it yours", False),
        ),
    ),
    DemoApplication(
        CALENDAR,
        {
            "name": "Team calendar",
            "description": "Who is where, and when.",
            "redirect_uris": "https://calendar.example.org/callback",
            "access_url": "https://calendar.example.org/",
            "is_discoverable": True,
            "is_first_party": True,
            "may_work_offline": True,
        },
        (
            ("email", "Contacting you", True),
            ("given_name", "Providing the service", True),
            ("department", "Providing the service", False),
            ("telephone", "Contacting you", False),
        ),
    ),
    DemoApplication(
        "expenses",
        {
            "name": "Expenses",
            "description": "Hand in receipts and get your money back.",
            "redirect_uris": "https://expenses.example.org/callback",
            "access_url": "https://expenses.example.org/",
            "is_discoverable": True,
        },
    ),
)


def add_applications(*, pickup_address: str, pickup_secret: str) -> None:
    """Register those that are missing. Pickup is told anew where it runs and what its secret is."""
    for demo in APPLICATIONS:
        if not Application.objects.filter(client_id=demo.client_id).exists():
            application = Application(
                client_id=demo.client_id, client_type=Application.CLIENT_CONFIDENTIAL, **demo.fields
            )
            save_new(application=application)
            for name, purpose, is_mandatory in demo.claims:
                ApplicationClaim.objects.create(
                    application=application,
                    claim=Claim.objects.get(name=name),
                    purpose=Purpose.objects.get(name=purpose),
                    is_mandatory=is_mandatory,
                )
    _move_pickup(pickup_address, pickup_secret)


def _move_pickup(address: str, secret: str) -> None:
    pickup = Application.objects.get(client_id=PICKUP)
    where = {
        "redirect_uris": f"{address}/callback",
        "post_logout_redirect_uris": f"{address}/",
        "access_url": f"{address}/",
        "backchannel_logout_uri": f"{address}/backchannel-logout",
    }
    is_same = all(getattr(pickup, name) == value for name, value in where.items())
    if is_same and (not secret or check_password(secret, pickup.client_secret)):
        return
    for name, value in where.items():
        setattr(pickup, name, value)
    if secret:
        pickup.client_secret = secret
    save_changed(application=pickup)


def let_calendar_know(user: User, *, login_session: LoginSession, origin: Origin, now: datetime) -> None:
    """She once agreed to what the calendar asks for, apart from her telephone number, and uses it in that session."""
    calendar = Application.objects.get(client_id=CALENDAR)
    names = [name for demo in APPLICATIONS if demo.client_id == CALENDAR for name, _purpose, _mandatory in demo.claims]
    if not Consent.objects.filter(user=user, application=calendar).exists():
        consent = give(
            user=user,
            asking=asking(user=user, application=calendar, names=names, now=now),
            granted=[name for name in names if name != "telephone"],
            scope="openid profile email",
            valid_until=None,
            origin=origin,
            now=now,
        )
        note_use(consent=consent, scope=consent.scope, now=now)
    ApplicationAccess.objects.get_or_create(
        login_session=login_session, application=calendar, defaults={"first_at": now, "last_at": now}
    )
