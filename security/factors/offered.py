"""Whether the organisation lets people set a factor up."""

from __future__ import annotations

from django.http import Http404

from security.factors.kinds import Authenticator
from security.policy.selectors import sign_in_policy


def must_be_offered(authenticator: Authenticator) -> None:
    """Raise Http404 for a factor the policy does not allow."""
    if not sign_in_policy().allows(authenticator):
        raise Http404
