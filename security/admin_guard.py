"""The second factor at the door of Django admin (security 52, 88)."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from myaccount.users.models import User
from myaccount.web import step_up
from security.factors.selectors import has_factor
from security.policy.selectors import demand_on, sign_in_policy


def second_factor_first(request: HttpRequest, user: User) -> HttpResponse | None:
    """Where an administrator has to go before the door opens; None once they have shown two factors in this session.

    Who has a second factor shows it, whatever the policy says. Who has none sets one up when the policy
    asks administrators for one. Who has switched here from a linked account shows at least the password.
    """
    if step_up.level_of(request.session) >= step_up.TWO_FACTORS:
        return None
    wanted = request.get_full_path() if request.method == "GET" else reverse("admin:index")
    if has_factor(user) or step_up.level_of(request.session) == step_up.NOTHING_SHOWN:
        return step_up.redirect_to_confirm(wanted)
    if demand_on(user, sign_in_policy()).is_required:
        return HttpResponseRedirect(f"{reverse('add-factor')}?{urlencode({'next': wanted})}")
    return None
