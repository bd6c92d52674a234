"""Everything the newer areas mail people of, so that it can be read."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from approvals.requests import decisions, telling, upkeep
from approvals.requests import services as requests
from approvals.requests.models import Mails
from approvals.requests.tasks import tell
from linked_accounts.federated import services as identities
from linked_accounts.federated.adapters import Proven
from linked_accounts.federated.models import IdentityProvider
from linked_accounts.local import services as links
from myaccount.activity.services import Origin
from myaccount.deletion import services as deletion
from myaccount.export import services as export
from myaccount.export.services import Form
from myaccount.users.models import User
from tests.approvals.support import ask, make_workflow, task_of
from tests.support.people import CHROME, make_person

ORIGIN = Origin(ip="192.0.2.1", user_agent=CHROME)


def of_linked_accounts(anna: User) -> None:
    """Both halves, from both sides, and by an administrator."""
    now, other = timezone.now(), make_person("spare", language="en-xa")
    links.link(user=anna, other=other, origin=ORIGIN, now=now)
    links.tell_of_switch(source=anna, target=other, origin=ORIGIN, now=now)
    links.unlink(user=anna, other=other, origin=ORIGIN, now=now)
    links.link(user=anna, other=other, origin=ORIGIN, now=now)
    links.unlink(user=anna, other=other, origin=ORIGIN, now=now, by=other)
    provider = IdentityProvider.objects.create(name="new", slug="new", issuer="https://new.example", client_id="new")
    proven = Proven(provider.issuer, "new", {})
    identity = identities.connect(user=anna, provider=provider, proven=proven, origin=ORIGIN, now=now)
    identities.remove(user=anna, identity=identity, origin=ORIGIN, now=now)


def of_an_export(anna: User) -> None:
    """As a file."""
    for form in Form:
        export.begin(user=anna, form=form, origin=ORIGIN, now=timezone.now())


def of_approvals(anna: User) -> None:
    """Whoever is asked, and whoever asked."""
    now, second = timezone.now(), make_person("second", language="en-xa")
    make_workflow([second])
    request = ask(anna, "new")
    tell.call(task_of(request).step_id)
    request.steps.update(escalate_at=now)
    upkeep.escalate_overdue(now=now)
    tell.call(task_of(request).step_id)
    requests.choose_mails(user=second, mails=Mails.DAILY, now=now - timedelta(days=2))
    telling.send_digests(now=now)
    decisions.claim(task_pk=task_of(request).pk, by=second, origin=ORIGIN, now=now)
    requests.withdraw(request_pk=request.pk, by=anna, origin=ORIGIN, now=now)
    refused = ask(anna, "new")
    decisions.reject(task_pk=task_of(refused).pk, by=second, reason="new", origin=ORIGIN, now=now)


def of_deletions() -> None:
    """One that is called off, and one that is not; the last message is to nobody any more."""
    now = timezone.now()
    kept = make_person("kept", language="en-xa", mobile="+447400654322", mobile_verified_at=now)
    deletion.start(user=kept, origin=ORIGIN, now=now)
    deletion.cancel(user=kept, origin=ORIGIN, now=now, by=make_person("by"), reason="new")
    gone = make_person("gone", language="en-xa")
    deletion.start(user=gone, origin=ORIGIN, now=now)
    deletion.erase_due(now=now + timedelta(days=15))
