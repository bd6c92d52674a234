"""The Approvals page and My requests, as browsers get them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from approvals.requests import decisions
from approvals.requests.models import ApprovalRequest, ApprovalTask, MailChoice, Mails, RequestState, TaskState
from approvals.requests.selectors import COUNTED_TO
from myaccount.activity.services import SYSTEM
from myaccount.users.models import User
from myaccount.web.models import PortalSettings
from profile.models import Profile
from tests.approvals.support import ask, department_of, make_workflow, task_of
from tests.support.browsing import make_stale, new_browser, sign_in
from tests.support.people import make_person
from tests.test_budgets import queries_of
from tests.web.test_every_address import no_writes

APPROVALS = "/myaccount/approvals/"
MINE = f"{APPROVALS}requests/"


def address_of(task: ApprovalTask, act: str = "") -> str:
    return f"{APPROVALS}{task.pk}/{act}"


def seen_by(browser: Client, task: ApprovalTask) -> str:
    return str(browser.get(address_of(task, "approve/")).context["task"].request.seen)


def approve(browser: Client, task: ApprovalTask) -> Any:
    return browser.post(address_of(task, "approve/"), {"seen": seen_by(browser, task)}, follow=True)


def numbers(browser: Client, query: str = "") -> list[int]:
    return [row.number for row in browser.get(f"{APPROVALS}{query}").context["rows"]]


def words(response: Any) -> str:
    return str(response.content.decode())


def test_a_task_goes_from_ready_by_reserved_to_completed(alice: User, bob: User, bobs: Client) -> None:
    make_workflow([bob])
    task = task_of(ask(alice))
    assert numbers(bobs) == [task.pk]
    assert "You have claimed the task" in words(bobs.post(address_of(task, "claim/"), follow=True))
    assert (numbers(bobs), numbers(bobs, "?state=reserved")) == ([], [task.pk])
    assert "You have released the task" in words(bobs.post(address_of(task, "release/"), follow=True))
    assert (numbers(bobs), numbers(bobs, "?state=RESERVED")) == ([task.pk], [])
    assert "You have approved" in words(approve(bobs, task))
    assert (numbers(bobs), numbers(bobs, "?state=completed"), numbers(bobs, "?state=all")) == ([], [task.pk], [task.pk])
    assert department_of(alice) == "Tea"
    page = words(bobs.get(address_of(task)))
    assert "Approved by bob" in page
    assert "claim/" not in page


def test_a_rejection_needs_a_reason_and_the_requester_reads_it(
    alice: User, alices: Client, bob: User, bobs: Client
) -> None:
    make_workflow([bob])
    task = task_of(ask(alice))
    refused = bobs.post(address_of(task, "reject/"), {"reason": ""})
    assert refused.status_code == 422
    assert "Say why" in words(refused)
    long = bobs.post(address_of(task, "reject/"), {"reason": "x" * 501})
    assert long.status_code == 422
    assert "x" * 501 in words(long)
    assert "You have rejected" in words(bobs.post(address_of(task, "reject/"), {"reason": "No money"}, follow=True))
    mine = alices.get(MINE)
    assert "No money" in words(mine)
    assert "bob" not in words(alices.get(f"{MINE}{task.request.uuid}/"))
    assert ApprovalRequest.objects.get().state == RequestState.REJECTED


def test_the_difference_is_shown_and_what_was_not_seen_is_not_agreed_to(alice: User, bob: User, bobs: Client) -> None:
    make_workflow([bob])
    Profile.objects.filter(user=alice).update(values={"department": "Jam"})
    task = task_of(ask(alice))
    seen = seen_by(bobs, task)
    assert "Changed meanwhile" not in words(bobs.get(address_of(task)))
    Profile.objects.filter(user=alice).update(values={"department": "Croquet"})
    page = words(bobs.get(address_of(task)))
    assert "Changed meanwhile" in page
    assert "Croquet" in page
    late = bobs.post(address_of(task, "approve/"), {"seen": seen}, follow=True)
    assert "This has changed since you looked" in words(late)
    assert department_of(alice) == "Croquet"
    approve(bobs, task)
    assert department_of(alice) == "Tea"


def test_what_can_no_longer_be_done_cannot_be_approved_but_rejected(
    alice: User, carol: User, bob: User, bobs: Client
) -> None:
    make_workflow([bob])
    task = task_of(ask(alice, subject=carol))
    Profile.objects.filter(user=carol).delete()
    page = words(bobs.get(address_of(task)))
    assert "There is no such person any more." in page
    assert "<button" in page
    assert "disabled" in page
    assert bobs.get(address_of(task, "approve/")).status_code == 302
    answer = bobs.post(address_of(task, "approve/"), {"seen": ""}, follow=True)
    assert "There is no such person any more." in words(answer)
    bobs.post(address_of(task, "reject/"), {"reason": "Gone"})
    assert ApprovalRequest.objects.get().state == RequestState.REJECTED


def test_others_read_nothing_of_it(alice: User, alices: Client, bob: User, carol: User) -> None:
    """Security 22, 86: tasks and requests are open to nobody else, and of forms only known fields are read."""
    make_workflow([carol])
    task = task_of(ask(alice, subject=bob))
    strangers = sign_in(new_browser(), "bob")
    for browser in (strangers, alices):  # whom it is about, and who asked
        for act in ("", "claim/", "release/", "approve/", "reject/"):
            assert browser.get(address_of(task, act)).status_code == 404
        for act in ("claim/", "release/", "approve/", "reject/"):
            form = {"reason": "x", "by": carol.pk, "user": carol.pk, "state": "approved", "decided_by": carol.pk}
            assert browser.post(address_of(task, act), form).status_code == 404
    assert strangers.get(f"{MINE}{task.request.uuid}/").status_code == 404
    assert strangers.post(f"{MINE}{task.request.uuid}/withdraw/").status_code == 404
    task.refresh_from_db()
    assert (task.state, task.decided_by) == (TaskState.READY, None)


def test_deciding_asks_for_fresh_proof(alice: User, bob: User, bobs: Client) -> None:
    """Security 20."""
    make_workflow([bob])
    task = task_of(ask(alice))
    make_stale(bobs)
    for act in ("approve/", "reject/"):
        answer = bobs.post(address_of(task, act), {"reason": "No", "seen": "x"})
        assert answer["Location"].startswith("/myaccount/confirm/")
    assert ApprovalRequest.objects.get().state == RequestState.WAITING


def test_looking_at_anything_changes_nothing(alice: User, alices: Client, bob: User, bobs: Client) -> None:
    """Security 12."""
    make_workflow([bob])
    task = task_of(ask(alice))
    with no_writes():
        for act in ("", "claim/", "approve/", "reject/"):
            assert bobs.get(address_of(task, act)).status_code == 200
        for path in ("", "?state=all&q=a&before=99", MINE):
            assert bobs.get(APPROVALS + path if path != MINE else MINE).status_code == 200
        for path in ("", "withdraw/"):
            assert alices.get(f"{MINE}{task.request.uuid}/{path}").status_code == 200


def test_a_request_is_withdrawn_once(alice: User, alices: Client, bob: User) -> None:
    make_workflow([bob])
    path = f"{MINE}{ask(alice).uuid}/"
    assert "Your request was withdrawn." in words(alices.post(f"{path}withdraw/", follow=True))
    assert "Withdrawn" in words(alices.get(path))
    assert "too late" in words(alices.post(f"{path}withdraw/", follow=True))
    assert alices.get(f"{path}withdraw/").status_code == 302


def test_lists_are_searched_and_filtered(alice: User, bob: User, bobs: Client) -> None:
    make_workflow([bob])
    dora = make_person("dora", display_name="Dora Émile")
    now = timezone.now()
    old = task_of(ask(alice, now=now - timedelta(days=9)))
    new = task_of(ask(dora, now=now))
    day = now.date()
    for query, found in {
        "q=ÉMILE": [new], "q=lic": [old], f"q={old.pk}": [old], f"q=Task Id {old.pk}": [old], "q=zoe": [],
        "q=lic&since=nonsense": [old], "operation=update-claims": [new, old],
        "operation=add-user": [],
        f"since={day}": [new], f"until={day - timedelta(days=1)}": [old],
        f"since={day}&until={day}": [new], f"since={day}&until={day - timedelta(days=1)}": [new],
        "until=9999-12-31": [new, old], "before=99999999999999999999": [new, old], f"before={new.pk}": [old],
        "state=nonsense": [new, old], "operation=nonsense": [new, old], "since=nonsense": [new, old],
    }.items():  # fmt: skip
        assert numbers(bobs, f"?{query}") == [task.pk for task in found], query
    assert bobs.get(f"{APPROVALS}?since=nonsense").status_code == 422
    assert bobs.get(f"{APPROVALS}?q=%00").status_code == 400
    assert bobs.get(f"{APPROVALS}{10**30}/").status_code == 404


def test_pages_follow_one_another_and_keep_what_was_searched(alice: User, bob: User, bobs: Client) -> None:
    make_workflow([bob])
    for number in range(23):
        ask(alice, str(number), now=timezone.now() + timedelta(days=2 * number + 2))
    seen, path = [], f"{APPROVALS}?state=ready&q=alice"
    while path:
        page = bobs.get(path)
        seen += [row.number for row in page.context["rows"]]
        path = f"{APPROVALS}{page.context['older']}" if page.context["older"] else ""
    assert seen == sorted(ApprovalTask.objects.values_list("pk", flat=True), reverse=True)


@pytest.mark.parametrize(
    ("path", "queries"),
    [("", 4), ("?state=reserved", 4), ("?state=completed", 4), ("?state=all&q=a", 5), ("requests/", 4)],
)
def test_a_list_takes_as_many_queries_for_fifty_as_for_one(
    alice: User, alices: Client, bob: User, bobs: Client, path: str, queries: int
) -> None:
    """Session and person, settings, counts, list; a search looks names up first."""
    make_workflow([bob])
    browser = alices if path == "requests/" else bobs
    ask(alice, "first")
    ask(alice, "second")
    fill(bob, range(1))
    assert queries_of(browser, APPROVALS + path) == queries
    for number in range(50):
        ask(alice, str(number), now=timezone.now() + timedelta(days=2 * number + 2))
    fill(bob, range(1, 17))
    assert queries_of(browser, APPROVALS + path) == queries


def fill(bob: User, numbers: Iterable[int]) -> None:
    """Claim some of what there is, and reject some."""
    tasks = list(ApprovalTask.objects.filter(state=TaskState.READY, is_offered=True).order_by("pk"))
    for number, task in zip(numbers, tasks, strict=False):
        act = decisions.claim if number % 2 else decisions.reject
        more = {} if number % 2 else {"reason": "No"}
        act(task_pk=task.pk, by=bob, origin=SYSTEM, now=timezone.now(), **more)


def test_a_task_and_a_request_take_few_queries(alice: User, alices: Client, bob: User, bobs: Client) -> None:
    """Session and person, settings, task, steps, what the description reads, badge."""
    make_workflow([bob], [bob], [bob])
    request = ask(alice)
    assert queries_of(bobs, address_of(task_of(request))) == 6
    assert queries_of(alices, f"{MINE}{request.uuid}/") == 5


def test_the_side_panel_tells_approvers_how_much_waits_and_costs_others_nothing(
    alice: User, alices: Client, bob: User, bobs: Client, managers: Group
) -> None:
    others, pages = (alices, bobs), ("/myaccount/personal-info/", "/myaccount/security/", "/myaccount/")
    before = [[queries_of(browser, path) for path in pages] for browser in others]
    make_workflow([managers])
    ask(alice)
    ask(alice, "Jam")
    assert '<span class="count num">2<' in words(bobs.get(pages[0]))
    assert [queries_of(alices, path) for path in pages] == before[0]
    assert [queries_of(bobs, path) for path in pages] == [number + 1 for number in before[1]]
    managers.user_set.remove(bob)
    assert '<span class="count num">' not in words(bobs.get(pages[0]))


def test_counts_stop_at_a_hundred(alice: User, bob: User, bobs: Client) -> None:
    make_workflow([bob])
    for number in range(COUNTED_TO + 3):
        ask(alice, str(number), now=timezone.now() + timedelta(days=2 * number + 2))
    page = bobs.get(APPROVALS)
    assert [tab.count for tab in page.context["tabs"]] == ["99+", "0", "0", "99+"]
    assert '<span class="count num">99+<' in words(page)
    assert '<span class="badge badge-accent num">99+</span>' in words(bobs.get("/myaccount/"))


def test_the_overview_shows_approvers_what_waits(alice: User, alices: Client, bob: User, bobs: Client) -> None:
    make_workflow([bob])
    task = task_of(ask(alice))
    page = words(bobs.get("/myaccount/"))
    assert address_of(task) in page
    assert re.search(
        r'<h2 [^>]*>Pending approvals</h2>.*?<a href="/myaccount/approvals/">View details', page, re.DOTALL
    )
    assert "Pending approvals" not in words(alices.get("/myaccount/"))
    PortalSettings(features={"approvals.tasks": "off"}).save()
    assert "Pending approvals" not in words(bobs.get("/myaccount/"))
    assert bobs.get(APPROVALS)["Location"] == MINE


def test_approvers_choose_when_to_be_mailed(bob: User, bobs: Client) -> None:
    path = f"{APPROVALS}mails/"
    assert bobs.post(path, {"mails": "hourly"}).status_code == 422
    assert "Your choice was saved." in words(bobs.post(path, {"mails": "daily"}, follow=True))
    assert MailChoice.objects.get().mails == Mails.DAILY
    bobs.post(path, {"mails": "never"})
    assert MailChoice.objects.get().next_digest_at is None
    assert '<option value="never" selected>' in words(bobs.get(APPROVALS))
