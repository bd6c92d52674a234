"""When a role may be deleted: not while that would take rights from people, or leave an approval to nobody."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from approvals.requests.selectors import is_waited_for
from approvals.workflows.selectors import names_of_those_that_ask
from myaccount.web import formats


def why_it_stays(group: Group) -> list[str]:
    """What stands in the way of deleting it, a sentence each. Three queries."""
    found = []
    members = group.user_set.count()
    if members:
        text = ngettext(
            "%(count)s person has this role. Take it away on that person's page first.",
            "%(count)s people have this role. Take it away on their pages first.",
            members,
        )
        found.append(text % {"count": members})
    workflows = names_of_those_that_ask(group)
    if workflows:
        names = formats.listed(workflows)
        found.append(_("These workflows ask it: %(names)s. Name others there first.") % {"names": names})
    if is_waited_for(group):
        found.append(_("Requests that wait ask it. They have to be decided or cancelled first."))
    return found
