"""Which tasks somebody sees, and how many they are. Fast however many there are of others, or of one's own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from django.contrib.auth.models import Group
from django.db.models import Exists, Func, IntegerField, OuterRef, Q, QuerySet, Subquery, Value

from approvals.requests.asked import Asked
from approvals.requests.models import ApprovalRequest, ApprovalTask, Candidate, MailChoice, RequestStep, TaskState
from myaccount.users.leaving import active_people
from myaccount.users.models import User
from myaccount.users.same_person import linked_to

COUNTED_TO: Final = 100
FOUND_TO: Final = 500  # requests a search looks up by their keys; of more than that, the newest are found at once
PAGE_SIZE: Final = 10
_NOT_IN_LISTS: Final = ("request__attributes",)


class Tab(StrEnum):
    """The lists of the page."""

    READY = "ready"
    RESERVED = "reserved"
    COMPLETED = "completed"
    ALL = "all"


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed down to."""

    search: str = ""
    kind: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def __bool__(self) -> bool:
        return bool(self.search or self.kind or self.since or self.until)


@dataclass(frozen=True)
class Counts:
    """How many tasks each list holds, counted to 100; and when the person is mailed."""

    ready: int = 0
    reserved: int = 0
    completed: int = 0
    mails: str = ""

    @property
    def waiting(self) -> int:
        """Those one can decide."""
        return min(self.ready + self.reserved, COUNTED_TO)

    @property
    def all(self) -> int:
        """Those of every list."""
        return min(self.waiting + self.completed, COUNTED_TO)


@dataclass(frozen=True)
class TaskPage:
    """Tasks, newest first, and where the next page starts."""

    tasks: list[ApprovalTask]
    older_than: int | None


def ready(user: User, asked: Asked) -> QuerySet[ApprovalTask]:
    """Of each open step one task anybody may take: not of one's own request, not where one has a task already."""
    own = (user.pk, *asked.others)
    taken = ApprovalTask.objects.filter(step=OuterRef("step")).filter(
        Q(claimed_by__in=own, state=TaskState.RESERVED) | Q(decided_by__in=own)
    )
    offered = ApprovalTask.objects.filter(is_offered=True, step__in=_asked_steps(user, asked))
    return offered.exclude(_is_own(user, asked.others)).exclude(Exists(taken))


def _is_own(user: User, other_accounts: tuple[int, ...]) -> Q:
    """Whether the person asked for it, or it is about them, under any of their accounts."""
    is_own = Q(request__requester__in=(user.pk, *other_accounts)) | Q(request__subject_uuid=user.uuid)
    if other_accounts:
        is_own |= Q(request__subject_uuid__in=User.objects.filter(pk__in=other_accounts).values("uuid"))
    return is_own


def reserved(user: User, asked: Asked) -> QuerySet[ApprovalTask]:
    """Those the person has claimed, while they are still asked."""
    return ApprovalTask.objects.filter(claimed_by=user, state=TaskState.RESERVED, step__in=_asked_steps(user, asked))


def completed(user: User) -> QuerySet[ApprovalTask]:
    """Those the person has decided."""
    return ApprovalTask.objects.filter(decided_by=user)


def _asked_steps(user: User, asked: Asked) -> QuerySet[Candidate, Any]:
    """Literal ids, so that the database knows how many rows to expect of each."""
    named = Q(user=user) if asked.by_name else Q(pk__in=[])
    return Candidate.objects.filter(named | Q(group__in=asked.groups), is_asked=True).values("step")


def count(user: User, asked: Asked) -> Counts:
    """All that the page counts. One query."""
    of_asked = (_capped(ready(user, asked)), _capped(reserved(user, asked))) if asked else (Value(0), Value(0))
    mails = Subquery(MailChoice.objects.filter(user=OuterRef("pk")).values("mails"))
    row: Any = User.objects.filter(pk=user.pk).values_list(*of_asked, _capped(completed(user)), mails)[0]
    return Counts(row[0], row[1], row[2], row[3] or "")


def count_waiting(user: User, asked: Asked) -> int:
    """How many tasks the person can decide, counted to 100. One query, none where nobody asks them."""
    if not asked:
        return 0
    both = (_capped(ready(user, asked)), _capped(reserved(user, asked)))
    row: Any = User.objects.filter(pk=user.pk).values_list(*both)[0]
    return min(int(row[0]) + int(row[1]), COUNTED_TO)


def _capped(tasks: QuerySet[ApprovalTask]) -> Subquery:
    """How many, as part of another query. The order leads along an index, of which a hundred rows are read."""
    first = ApprovalTask.objects.filter(pk__in=tasks.order_by("-pk").values("pk")[:COUNTED_TO]).order_by()
    number = Func("pk", function="COUNT", output_field=IntegerField())
    return Subquery(first.annotate(number=number).values("number"))


def newest_waiting(user: User, asked: Asked, *, limit: int) -> list[ApprovalTask]:
    """The newest tasks the person can decide. One query, none where nobody asks them."""
    if not asked:
        return []
    return _newest([ready(user, asked), reserved(user, asked)], limit)


def task_page(user: User, asked: Asked, tab: Tab, filters: Filters, *, older_than: int | None) -> TaskPage:
    """A page of one list. One query, and one more for a search."""
    lists = []
    if tab in (Tab.READY, Tab.ALL) and asked:
        lists.append(ready(user, asked))
    if tab in (Tab.RESERVED, Tab.ALL) and asked:
        lists.append(reserved(user, asked))
    if tab in (Tab.COMPLETED, Tab.ALL):
        lists.append(completed(user))
    wanted = _searched(filters.search) if filters.search and lists else Q()
    narrowed = [_narrow(tasks.filter(wanted), filters) for tasks in lists]
    if older_than is not None:
        narrowed = [tasks.filter(pk__lt=older_than) for tasks in narrowed]
    found = _newest(narrowed, PAGE_SIZE + 1) if narrowed else []
    return TaskPage(found[:PAGE_SIZE], found[PAGE_SIZE - 1].pk if len(found) > PAGE_SIZE else None)


def _newest(lists: list[QuerySet[ApprovalTask]], limit: int) -> list[ApprovalTask]:
    """Of several lists: so many of each are enough, and each is found by an index of its own."""
    last_step = RequestStep.objects.filter(request=OuterRef("request")).order_by("-order").values("order")[:1]
    tasks = ApprovalTask.objects.select_related("request", "step").defer(*_NOT_IN_LISTS)
    tasks = tasks.annotate(steps=Subquery(last_step))
    parts = [tasks.filter(pk__in=part.order_by("-pk").values("pk")[:limit]) for part in lists]
    found = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]  # no task is in two lists
    return list(found.order_by("-pk")[:limit])


def _searched(text: str) -> Q:
    """By a part of a name, or by a task's number. Names are looked through once, however many lists there are."""
    found = ApprovalRequest.objects.filter(search__contains=text.casefold()).order_by("-pk")
    keys = list(found.values_list("pk", flat=True)[: FOUND_TO + 1])
    words = Q(request__in=keys) if len(keys) <= FOUND_TO else Q(request__search__contains=text.casefold())
    number = re.fullmatch(r"\D{0,20}(\d{1,18})", text, re.ASCII)  # as it is written in a list: Task Id 17
    return words | Q(pk=int(number[1])) if number else words


def _narrow(tasks: QuerySet[ApprovalTask], filters: Filters) -> QuerySet[ApprovalTask]:
    if filters.kind:
        tasks = tasks.filter(request__kind=filters.kind)
    if filters.since:
        tasks = tasks.filter(request__created_at__gte=filters.since)
    if filters.until:
        tasks = tasks.filter(request__created_at__lt=filters.until)
    return tasks


def is_candidate(user: User, step: RequestStep) -> bool:
    """Whether the person may decide at this step now: named or in a group of it, active, and not about themselves."""
    return candidates_of(step, request=step.request).filter(pk=user.pk).exists()


def candidates_of(step: RequestStep, *, request: ApprovalRequest) -> QuerySet[User]:
    """Everybody who may decide at an open step, looked up now.

    Neither who asked nor whom it is about, nor an account that is known to be theirs as well (security 86).
    """
    asked = Candidate.objects.filter(step=step, is_asked=True)
    named, members = asked.filter(user__isnull=False), asked.filter(group__user__isnull=False)
    people = active_people().filter(pk__in=named.values("user").union(members.values("group__user")))
    concerned = User.objects.filter(Q(pk=request.requester_id) | Q(uuid=request.subject_uuid)).values("pk")
    return people.exclude(pk__in=concerned).exclude(pk__in=linked_to(concerned))


def task_for(user: User, pk: int, *, other_accounts: tuple[int, ...]) -> ApprovalTask | None:
    """A task the person has decided, or is or was asked about; None for any other. One query.

    Those who would be asked later do not see it yet. Nobody sees a task about their own request here.
    """
    own_groups = User.groups.through.objects.filter(user=user).values("group")
    asked = Candidate.objects.filter(step=OuterRef("step")).filter(Q(user=user) | Q(group__in=own_groups))
    asked = asked.filter(Q(is_escalation=False) | Q(step__escalated_at__isnull=False))
    may_see = Q(decided_by=user) | (Q(Exists(asked)) & ~_is_own(user, other_accounts))
    tasks = ApprovalTask.objects.filter(may_see, pk=pk).exclude(step__opened_at=None)
    return tasks.select_related("request__requester", "step", "claimed_by").first()


def own_requests(
    user: User, *, older_than: int | None, size: int = PAGE_SIZE
) -> tuple[list[ApprovalRequest], int | None]:
    """What the person has asked for, newest first, and where the next page starts. One query."""
    requests = ApprovalRequest.objects.filter(requester=user).order_by("-pk").defer("attributes")
    if older_than is not None:
        requests = requests.filter(pk__lt=older_than)
    found = list(requests[: size + 1])
    return found[:size], found[size - 1].pk if len(found) > size else None


def own_request(user: User, uuid: Any) -> ApprovalRequest | None:
    """One of the person's own requests; None for anybody else's. One query."""
    return ApprovalRequest.objects.select_related("requester").filter(uuid=uuid, requester=user).first()


def is_waited_for(group: Group) -> bool:
    """Whether a request that waits asks this group, or will. One query."""
    waiting = Q(step__done_at=None, step__request__finished_at=None)
    return Candidate.objects.filter(waiting, group=group).exists()
