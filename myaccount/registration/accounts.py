"""The last step: a registration becomes an account, at once or once people have agreed to it; or it is refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from consent.consents import system
from consent.consents.decisions import ChangedMeanwhile
from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.claims.models import Claim
from myaccount.operations.kinds import OperationKind
from myaccount.operations.registry import Action, Description, Execution, OperationImpossible, Property, Submission
from myaccount.outbox import services as outbox
from myaccount.registration.models import Registration, State
from myaccount.registration.selectors import registration_settings, shown_attributes, why_impossible
from myaccount.users.models import User
from myaccount.users.services import NameTaken, create_person
from myaccount.web import formats
from profile.selectors import shown_attribute
from profile.services import create as create_profile
from profile.values import who_in_short

NAME: Final = "registration.register"


def submission_of(registration: Registration) -> Submission:
    """The account that is asked for, with the roles it gets. The hash of its password stays with the registration."""
    attributes = {"username": registration.username, "email": registration.email, **registration.values}
    chosen = registration_settings()
    groups = chosen.groups.order_by("name").values_list("pk", "name") if chosen.version else []
    return Submission(
        action=NAME,
        payload={
            "registration": str(registration.uuid),
            "attributes": attributes,
            "groups": [list(group) for group in groups],
        },
        subject_name=registration.username,
        attributes=attributes,
        claims=frozenset(attributes),
    )


def carry_out(submission: Submission, execution: Execution) -> User:
    """Make the account of a registration whose address is proven, once. Raises OperationImpossible."""
    registration = _find(submission, is_locked=True)
    if registration is None:
        raise OperationImpossible(_over())
    with translation.override(registration.language):
        reason = why_impossible(registration)
        if reason:
            raise OperationImpossible(reason)
        try:
            user = _make(registration, groups=_ids_of(submission), now=execution.now)
        except (NameTaken, ChangedMeanwhile) as error:
            raise OperationImpossible(why_impossible(registration) or _over()) from error
        context = {"username": user.username, "link": settings.PUBLIC_URL + reverse("sign-in")}
        outbox.send_email("welcome", to=user.email, user=user, now=execution.now, context=context)
    registration.user_uuid = user.uuid
    close(registration, State.DONE, now=execution.now)
    return user


def describe(submission: Submission) -> Description:
    """Who wants an account, as far as they said, and its roles, in the language of whoever decides."""
    properties = [
        Property(str(claim.shown_label), wanted=shown_attribute(claim, value))
        for claim, value in shown_attributes(submission.payload["attributes"])
    ]
    names = dict(submission.payload["groups"])
    if names:
        still = Group.objects.filter(pk__in=names).order_by("name").values_list("name", flat=True)
        asked = formats.listed(names.values())
        properties.append(Property(_("Roles"), was=asked, wanted=asked, is_now=formats.listed(still)))
    registration = _find(submission)
    return Description(tuple(properties), why_impossible(registration) if registration else _over())


@transaction.atomic
def refuse(*, registration_uuid: UUID, reason: str, now: datetime) -> None:
    """Tell the person that they get no account, and why. Nothing is done if the registration does not wait."""
    waiting = Registration.objects.select_for_update().filter(pk=registration_uuid, state=State.WAITING)
    registration = waiting.first()
    if registration is None:
        return
    close(registration, State.REFUSED, reason=reason, now=now)
    with translation.override(registration.language):
        outbox.send_email("registration_refused", to=registration.email, user=None, now=now, context={"reason": reason})


def give_up(submission: Submission, execution: Execution, reason: str) -> None:
    """What waited will not be done: they have no account yet, so nobody else could tell them."""
    refuse(registration_uuid=UUID(submission.payload["registration"]), reason=reason, now=execution.now)


def summarize(submissions: Sequence[Submission]) -> list[str]:
    """Who they say they are."""
    return [who_in_short(submission.payload["attributes"]) for submission in submissions]


ACTION: Final = Action(NAME, OperationKind.SELF_REGISTER_USER, carry_out, describe, give_up, summarize)


@transaction.atomic
def close(registration: Registration, state: State, *, now: datetime, reason: str = "") -> None:
    """End a registration. Nothing that opens an account stays in its row, nor what the person said of themselves."""
    registration.state, registration.ended_at, registration.reason = state, now, reason[:500]
    registration.password = registration.code_digest = registration.token_digest = ""
    registration.values = {}
    registration.save()


def _make(registration: Registration, *, groups: Iterable[int], now: datetime) -> User:
    """The account with all that belongs to it, as the person has proven, said and agreed."""
    origin = Origin(registration.ip, registration.user_agent)
    user = create_person(
        username=registration.username,
        email=registration.email,
        is_email_proven=True,
        password_hash=registration.password,
        language=registration.language,
        origin=origin,
        now=now,
    )
    agreed = Claim.objects.filter(name__in=registration.agreed)
    names = {claim.name for claim in agreed}
    create_profile(user=user, values={name: value for name, value in registration.values.items() if name in names})
    user.groups.set(Group.objects.filter(pk__in=groups))
    record(EventKind.REGISTERED, user=user, origin=origin, now=now)
    system.begin(
        user=user,
        claims=agreed,
        purpose_version=registration.purpose_version,
        method=_("Self-registration"),
        origin=origin,
        now=now,
    )
    return user


def _find(submission: Submission, *, is_locked: bool = False) -> Registration | None:
    """The registration, while it can become an account: its address is proven, and nothing has ended it."""
    rows = Registration.objects.select_for_update() if is_locked else Registration.objects.all()
    return (
        rows.filter(pk=submission.payload["registration"], state__in=(State.OPEN, State.WAITING))
        .exclude(proven_at=None)
        .first()
    )


def _ids_of(submission: Submission) -> list[int]:
    return [pk for pk, _name in submission.payload["groups"]]


def _over() -> str:
    return _("This registration is over.")
