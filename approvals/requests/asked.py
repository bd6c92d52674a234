"""By what a person is asked to approve something, read with their session: it costs others nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Case, CharField, Exists, Func, OuterRef, Q, Subquery, When
from django.db.models.expressions import Combinable

from approvals.requests.models import Candidate
from myaccount.users.models import User
from myaccount.users.same_person import linked_to, pairs
from myaccount.web.requests import PortalRequest
from sessions_app.selectors import register_with_session


@dataclass(frozen=True)
class Asked:
    """Whether steps that are open name the person, and which of the person's groups they name.

    `others` are the person's other accounts: what those did, or asked for, is the person's own.
    """

    by_name: bool = False
    groups: tuple[int, ...] = ()
    others: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return self.by_name or bool(self.groups)


class _Joined(Func):
    """Ids with commas between them, of all rows."""

    function = "STRING_AGG"
    template = "%(function)s(CAST(%(expressions)s AS TEXT), ',')"
    output_field = CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """The same by SQLite's name for it."""
        return self.as_sql(compiler, connection, function="GROUP_CONCAT", **extra)


def register() -> None:
    """Have it read with every session."""
    register_with_session("asked_by_name", _by_name)
    register_with_session("asked_groups", _groups)
    register_with_session("other_accounts", _others)


def _by_name() -> Combinable:
    return Exists(Candidate.objects.filter(user=OuterRef("login_session__user"), is_asked=True))


def _groups() -> Combinable:
    memberships = User.groups.through.objects.filter(user=OuterRef("login_session__user"))
    asked = memberships.filter(Exists(Candidate.objects.filter(group=OuterRef("group"), is_asked=True)))
    return Subquery(asked.order_by().values(ids=_Joined("group_id")))


def _others() -> Combinable:
    own = OuterRef("login_session__user")
    links = pairs().filter(Q(first=own) | Q(second=own))
    return Subquery(links.order_by().values(ids=_Joined(Case(When(first=own, then="second_id"), default="first_id"))))


def asked_in(request: PortalRequest) -> Asked:
    """By what the person of this request is asked. No query."""
    session: Any = request.login_session
    return Asked(
        bool(getattr(session, "asked_by_name", False)),
        _ids(getattr(session, "asked_groups", None)),
        _ids(getattr(session, "other_accounts", None)),
    )


def _ids(joined: str | None) -> tuple[int, ...]:
    return tuple(int(one) for one in joined.split(",")) if joined else ()


def asked_of(user: User) -> Asked:
    """The same outside of a request. Three queries."""
    candidates = Candidate.objects.filter(is_asked=True)
    groups = candidates.filter(group__in=user.groups.values("pk")).values_list("group", flat=True).distinct()
    others = linked_to([user.pk]).values_list("second", flat=True)
    return Asked(
        candidates.filter(user=user).exists(), tuple(group for group in groups if group is not None), tuple(others)
    )
