"""An account for somebody unknown who comes from an identity provider that may bring people along.

What the provider says only fills in the new account: nobody who is here already is found by it (security 74).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import translation
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from linked_accounts.federated import selectors, services
from linked_accounts.federated.adapters import Proven
from linked_accounts.federated.models import REASON_LENGTH, IdentityProvider, RefusedNewcomer
from myaccount.claims.models import Claim, ClaimType
from myaccount.claims.selectors import labels_of, profile_claims
from myaccount.operations.kinds import OperationKind
from myaccount.operations.registry import Action, Description, Execution, OperationImpossible, Property, Submission
from myaccount.outbox import services as outbox
from myaccount.schedule.batches import SIZE, delete_batch
from myaccount.users.models import User
from myaccount.users.names import validate_username
from myaccount.users.selectors import is_name_taken
from myaccount.users.services import NameTaken, create_person
from profile.services import create as create_profile
from profile.values import form_field, stored_value, who_in_short

NAME: Final = "linked_accounts.add_person"
REFUSED_FOR: Final = timedelta(days=30)
_NOT_MAPPED: Final = ("username", "email", "mobile")  # names to sign in with, and what has to be proven
_TRIES: Final = 20
_USERNAME_LENGTH: Final = 100


def mappable_claims() -> list[Claim]:
    """The attributes a provider may fill in."""
    return [c for c in profile_claims() if c.name not in _NOT_MAPPED and c.type != ClaimType.BOOLEAN]


def submission(provider: IdentityProvider, proven: Proven) -> Submission:
    """What is asked for when somebody unknown comes: an account, with what their provider says of them."""
    values = _values(provider, proven.claims)
    username, email = _free_username(proven.claims), _email(proven.claims)
    payload = {
        "language": get_language(),
        "provider": provider.pk,
        "provider_name": provider.name,
        "issuer": proven.issuer,
        "subject": proven.subject,
        "account_name": selectors.account_name(proven.claims),
        "username": username,
        "email": email,
        "values": values,
    }
    attributes = {**values, "username": username, "email": email}
    return Submission(
        NAME,
        payload,
        subject_name=username,
        attributes=attributes,
        claims=frozenset(k for k, v in attributes.items() if v),
        key=f"{proven.issuer} {proven.subject}",
    )


def refusal_of(proven: Proven) -> RefusedNewcomer | None:
    """What people have said of an account for this one, not long ago. One query."""
    return RefusedNewcomer.objects.filter(pk=_digest(proven.issuer, proven.subject)).first()


def forget_refusals(*, now: datetime, batch: int = SIZE) -> int:
    """Let those refused a while ago ask again. Returns how many went."""
    return delete_batch(RefusedNewcomer.objects.filter(refused_at__lt=now - REFUSED_FOR), size=batch)


def _carry_out(submission: Submission, execution: Execution) -> User:
    wanted = submission.payload
    why = _why_impossible(wanted)
    provider = IdentityProvider.objects.filter(pk=wanted["provider"]).first()
    if why or provider is None:
        raise OperationImpossible(why)
    try:
        user = create_person(
            username=wanted["username"],
            email=wanted["email"],
            is_email_proven=bool(wanted["email"]),
            language=_language(wanted),
            origin=execution.origin,
            now=execution.now,
            by=execution.by,
        )
        create_profile(user=user, values=wanted["values"])
        proven = Proven(wanted["issuer"], wanted["subject"], {"preferred_username": wanted["account_name"]})
        services.connect(user=user, provider=provider, proven=proven, origin=execution.origin, now=execution.now)
    except (NameTaken, ValidationError, services.IdentityTaken) as error:
        raise OperationImpossible(_("Somebody was quicker: the account or its name exists by now.")) from error
    return user


def _give_up(submission: Submission, execution: Execution, reason: str) -> None:
    """People have refused it: nobody else could tell who wanted it. What went otherwise may be asked for anew."""
    wanted = submission.payload
    if _why_impossible(wanted):
        return
    digest = _digest(wanted["issuer"], wanted["subject"])
    fields = {"reason": reason[:REASON_LENGTH], "refused_at": execution.now}
    RefusedNewcomer.objects.update_or_create(pk=digest, defaults=fields)
    if wanted["email"]:
        with translation.override(_language(wanted) or settings.LANGUAGE_CODE):
            context = {"reason": reason}
            outbox.send_email("registration_refused", to=wanted["email"], user=None, now=execution.now, context=context)


def _describe(submission: Submission) -> Description:
    wanted = submission.payload
    names = list(wanted["values"])
    properties = [
        Property(_("Username"), wanted["username"]),
        Property(_("E-mail address"), wanted["email"]),
        Property(_("Identity provider"), wanted["provider_name"]),
        Property(_("Account there"), wanted["account_name"] or wanted["subject"]),
        *(Property(label, wanted["values"][name]) for name, label in zip(names, labels_of(names), strict=True)),
    ]
    return Description(tuple(entry for entry in properties if entry.wanted), _why_impossible(wanted))


def _summarize(submissions: Sequence[Submission]) -> list[str]:
    return [who_in_short({"email": s.payload["email"], **s.payload["values"]}) for s in submissions]


ADD_PERSON: Final = Action(NAME, OperationKind.SELF_REGISTER_USER, _carry_out, _describe, _give_up, _summarize)


def _why_impossible(wanted: Mapping[str, Any]) -> str:
    provider = IdentityProvider.objects.filter(pk=wanted["provider"]).first()
    if provider is None or not (provider.is_active and provider.may_sign_in and provider.may_create_accounts):
        return _("This identity provider may no longer bring people along.")
    if selectors.identity_of(wanted["issuer"], wanted["subject"]) is not None:
        return _("This identity is connected with an account by now.")
    if any(is_name_taken(wanted[name]) for name in ("username", "email") if wanted[name]):
        return _("The username or the e-mail address has been taken meanwhile.")
    return ""


def _language(wanted: Mapping[str, Any]) -> str:
    language = wanted.get("language", "")
    return language if language in dict(settings.LANGUAGES) else ""


def _digest(issuer: str, subject: str) -> str:
    return salted_hmac("refused newcomers", f"{issuer} {subject}", algorithm="sha256").hexdigest()


def _values(provider: IdentityProvider, claims: Mapping[str, Any]) -> dict[str, str]:
    """What the registry of attributes lets stand; what it does not is left out (security 23)."""
    values = {}
    for claim in mappable_claims():
        told = claims.get(provider.claim_map.get(claim.name, ""))
        if not isinstance(told, str) or not told.strip():
            continue
        try:
            values[claim.name] = stored_value(claim, form_field(claim).clean(told.strip()))
        except ValidationError:
            continue
    return values


def _email(claims: Mapping[str, Any]) -> str:
    """The address, if the provider has proven it and nobody here signs in with it; else none."""
    email = claims.get("email")
    if not isinstance(email, str) or not email.isprintable() or claims.get("email_verified") is not True:
        return ""
    try:
        validate_email(email)
    except ValidationError:
        return ""
    return "" if is_name_taken(email) else email


def _free_username(claims: Mapping[str, Any]) -> str:
    told = next((value for name in ("preferred_username", "email") if isinstance(value := claims.get(name), str)), "")
    wanted = told.split("@")[0].strip()[:_USERNAME_LENGTH]
    try:
        validate_username(wanted)
    except ValidationError:
        return _unlike_any("person")
    names = [wanted, *(f"{wanted}{number}" for number in range(2, _TRIES))]
    return next((name for name in names if not is_name_taken(name)), "") or _unlike_any(wanted)


def _unlike_any(name: str) -> str:
    return f"{name}-{secrets.token_hex(4)}"
