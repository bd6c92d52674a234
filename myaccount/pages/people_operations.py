"""Adding and deleting people and changing their roles as operations: what is carried out, and what is read before.

An account that waits is kept as it would be made, with the hash of its first password. Whoever asked must still have
the right to when it is carried out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from myaccount.claims.selectors import labels_of
from myaccount.operations.kinds import OperationKind
from myaccount.operations.registry import (
    Action,
    Description,
    Execution,
    OperationImpossible,
    Property,
    Submission,
    register,
)
from myaccount.users import services as users
from myaccount.users.models import User
from myaccount.users.rights import may_add, may_delete, may_give_rights
from myaccount.users.selectors import find_by_uuid, is_name_taken
from myaccount.web import formats
from profile.services import create as create_profile
from profile.values import who_in_short

ADD: Final = "people.add"
DELETE: Final = "people.delete"
CHANGE_ROLES: Final = "people.change_roles"


def register_operations() -> None:
    """Make them known when Django starts."""
    kinds = OperationKind
    register(Action(ADD, kinds.ADD_USER, _add, _describe_adding, summarize=_who_is_added))
    register(Action(DELETE, kinds.DELETE_USER, _delete, _describe_deleting, summarize=_who_is_deleted))
    register(Action(CHANGE_ROLES, kinds.CHANGE_ROLES, _change_roles, _describe_roles, summarize=_roles_in_short))


def rights_of(user: User, *, groups: Iterable[Group]) -> dict[str, Any]:
    """Roles and rights as they are kept: the groups by number and name."""
    return {
        "groups": [[group.pk, group.name] for group in sorted(groups, key=lambda group: group.name)],
        "is_staff": user.is_staff,
        "is_superuser": user.is_superuser,
    }


# Adding


@transaction.atomic
def _add(submission: Submission, execution: Execution) -> User:
    payload = submission.payload
    reason = _why_not_add(submission, execution.by)
    if reason:
        raise OperationImpossible(reason)
    try:
        user = users.create_person(
            username=payload["username"],
            email=payload["email"],
            is_email_proven=payload["is_email_proven"],
            password_hash=payload["password_hash"],
            by=execution.by,
            origin=execution.origin,
            now=execution.now,
        )
    except users.NameTaken as error:
        raise OperationImpossible(_taken()) from error
    except ValidationError as error:
        raise OperationImpossible(" ".join(error.messages)) from error
    create_profile(user=user, values=payload["values"])
    return user


def _describe_adding(submission: Submission) -> Description:
    payload = submission.payload
    values: Mapping[str, str] = payload["values"]
    username, email, *labels = labels_of(["username", "email", *values])
    properties = [
        Property(label=username, wanted=payload["username"]),
        *(Property(label=label, wanted=value) for label, value in zip(labels, values.values(), strict=True) if value),
    ]
    if payload["email"]:
        properties.append(Property(label=email, wanted=payload["email"]))
        is_known = _yes_or_no(payload["is_email_proven"])
        properties.append(Property(label=_("Address known to be theirs"), wanted=is_known))
    if "password_hash" in payload:  # until the request has ended
        given = _("Given") if payload["password_hash"] else _("None")
        properties.append(Property(label=_("First password"), wanted=given))
    return Description(tuple(properties), _why_not_add(submission, submission.requester))


def _who_is_added(submissions: Sequence[Submission]) -> list[str]:
    return [who_in_short({"email": s.payload["email"], **s.payload["values"]}) for s in submissions]


def _why_not_add(submission: Submission, by: User | None) -> str:
    email: str = submission.payload["email"]
    if not may_add(by):
        return _("Whoever asked for this may not add people any more.")
    if is_name_taken(submission.payload["username"]) or (email and is_name_taken(email)):
        return _taken()
    return ""


def _taken() -> str:
    return _("Somebody else signs in with this username or e-mail address by now.")


# Deleting


@transaction.atomic
def _delete(submission: Submission, execution: Execution) -> None:
    found = find_by_uuid(submission.subject_uuid)
    user = users.lock_to_erase(found) if found else None
    reason = _why_not_delete(user, execution.by)
    if reason or user is None:
        raise OperationImpossible(reason)
    users.delete(user=user, by=execution.by, origin=execution.origin, now=execution.now)


def _describe_deleting(submission: Submission) -> Description:
    user = find_by_uuid(submission.subject_uuid)
    label = labels_of(["username"])[0]
    properties = (
        Property(label=label, was=submission.subject_name, wanted=_("Deleted"), is_now=user.username if user else ""),
        Property(
            label=_("Name"),
            was=submission.payload["name"],
            wanted=_("Deleted"),
            is_now=user.display_name if user else "",
        ),
    )
    return Description(properties, _why_not_delete(user, submission.requester))


def _who_is_deleted(submissions: Sequence[Submission]) -> list[str]:
    return [submission.payload["name"] for submission in submissions]


def _why_not_delete(user: User | None, by: User | None) -> str:
    if user is None:
        return _gone()
    if not may_delete(by, user):
        return _("Whoever asked for this may not delete this person any more.")
    return ""


# Roles and rights


@transaction.atomic
def _change_roles(submission: Submission, execution: Execution) -> bool:
    wanted = submission.payload["wanted"]
    user = find_by_uuid(submission.subject_uuid, is_locked=True)
    groups = list(Group.objects.filter(pk__in=[pk for pk, _name in wanted["groups"]]))
    reason = _why_not_change_roles(submission, user, groups, execution.by)
    if reason or user is None or execution.by is None:
        raise OperationImpossible(reason)
    return users.set_rights(
        user=user,
        groups=groups,
        is_staff=wanted["is_staff"],
        is_superuser=wanted["is_superuser"],
        by=execution.by,
        origin=execution.origin,
        now=execution.now,
    )


def _describe_roles(submission: Submission) -> Description:
    was, wanted = submission.payload["was"], submission.payload["wanted"]
    user = find_by_uuid(submission.subject_uuid)
    now = rights_of(user, groups=user.groups.all()) if user else was
    groups = Group.objects.filter(pk__in=[pk for pk, _name in wanted["groups"]])
    words = _rights_in_words()
    properties = tuple(
        Property(label=label, was=_shown(was[name]), wanted=_shown(wanted[name]), is_now=_shown(now[name]))
        for name, label in words.items()
        if name == "groups" or not was[name] == wanted[name] == now[name]
    )
    return Description(properties, _why_not_change_roles(submission, user, groups, submission.requester))


def _roles_in_short(submissions: Sequence[Submission]) -> list[str]:
    """Roles: Staff → Staff, Payroll; Administrator: Yes."""
    texts, words = [], _rights_in_words()
    for submission in submissions:
        was, wanted = submission.payload["was"], submission.payload["wanted"]
        changed = [name for name in words if was[name] != wanted[name]]
        texts.append("; ".join(f"{words[name]}: {_shown(was[name])} → {_shown(wanted[name])}" for name in changed))
    return texts


def _why_not_change_roles(submission: Submission, user: User | None, found: Iterable[Group], by: User | None) -> str:
    if user is None:
        return _gone()
    if not may_give_rights(by):
        return _("Whoever asked for this may not change roles and rights any more.")
    known = {group.pk for group in found}
    lost = [name for pk, name in submission.payload["wanted"]["groups"] if pk not in known]
    if lost:
        return _("There is no such role any more: %(names)s.") % {"names": formats.listed(lost)}
    return ""


def _rights_in_words() -> dict[str, str]:
    return {"groups": _("Roles"), "is_staff": _("Administrator"), "is_superuser": _("All rights")}


def _shown(value: bool | list[list[Any]]) -> str:  # noqa: FBT001 (one of two kinds of value)
    if isinstance(value, bool):
        return _yes_or_no(value)
    return formats.listed([name for _pk, name in value]) or _("None")


def _yes_or_no(value: object) -> str:
    return _("Yes") if value else _("No")


def _gone() -> str:
    return _("There is no such account any more.")
