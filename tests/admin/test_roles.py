"""Deleting a role in Django admin."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from approvals.requests import services
from myaccount.activity.services import SYSTEM
from myaccount.users.models import User
from tests.approvals.support import ask, make_workflow

LIST = reverse("admin:auth_group_changelist")


def delete(client: Client, group: Group) -> str:
    """What the page says afterwards."""
    response = client.post(reverse("admin:auth_group_delete", args=[group.pk]), {"post": "yes"}, follow=True)
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_role_that_people_have_stays_until_it_was_taken_from_them(alice: User, bob: User, adas: Client) -> None:
    """Deleting it would take rights from people without the operation that a workflow may hold."""
    payroll = Group.objects.create(name="Payroll")
    payroll.user_set.add(alice, bob)
    text = "“Payroll” was not deleted: 2 people have this role. Take it away on their pages first."
    assert text in delete(adas, payroll)
    page = adas.get(reverse("admin:auth_group_delete", args=[payroll.pk]), follow=True)
    assert text in page.content.decode()
    assert set(payroll.user_set.all()) == {alice, bob}
    payroll.user_set.clear()
    assert "was deleted successfully" in delete(adas, payroll)
    assert not Group.objects.exists()


def test_roles_are_not_deleted_many_at_once(alice: User, adas: Client) -> None:
    payroll = Group.objects.create(name="Payroll")
    payroll.user_set.add(alice)
    adas.post(LIST, {"action": "delete_selected", "_selected_action": [payroll.pk], "post": "yes"})
    assert payroll.user_set.get() == alice
    assert "delete_selected" not in adas.get(LIST).content.decode()


def test_a_role_that_a_workflow_or_what_waits_asks_stays(alice: User, bob: User, adas: Client) -> None:
    first, later = Group.objects.create(name="First"), Group.objects.create(name="Later")
    workflow = make_workflow([first, bob], hours=4, escalate_to=[later])
    request = ask(alice)
    for group in (first, later):
        page = delete(adas, group)
        assert "These workflows ask it: Changes of departments. Name others there first." in page
        assert "Requests that wait ask it. They have to be decided or cancelled first." in page
    workflow.is_active = False
    workflow.save()
    assert "These workflows" not in delete(adas, later)
    assert Group.objects.count() == 2
    services.withdraw(request_pk=request.pk, by=alice, origin=SYSTEM, now=request.created_at)
    for group in (first, later):
        assert "was deleted successfully" in delete(adas, group)
    assert not Group.objects.exists()
