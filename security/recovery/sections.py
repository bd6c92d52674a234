"""What the Security page shows of account recovery."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from myaccount.web.pages import Section
from myaccount.web.requests import PortalRequest
from profile.selectors import shown_mobile
from security.recovery.questions.selectors import chosen_questions
from security.recovery.selectors import settings_and_address
from security.recovery.steps import offered_ways

FEATURE: Final = "security.recovery"
SECTION: Final = "recovery"


def _load(request: PortalRequest, state: Mapping[str, Any]) -> Mapping[str, Any]:
    """Two queries at most, and one where administrators have not turned questions on."""
    user = request.user
    settings, address = settings_and_address(user)
    return {
        "settings": settings,
        "is_on": bool(offered_ways(settings)),
        "questions": chosen_questions(user) if settings.question_recovery else (),
        "email": user.email,
        "email_is_proven": user.email_verified_at is not None,
        "mobile": shown_mobile(user),
        "mobile_is_proven": user.mobile_verified_at is not None,
        "address": address,
        "uses_addresses": settings.email_recovery or settings.question_recovery,
    }


ACCOUNT_RECOVERY = Section(
    id=SECTION,
    title=_("Account recovery"),
    explanation=_("How you get back in when you have forgotten your password."),
    template="security/sections/recovery.html",
    load=_load,
    feature_id=FEATURE,
)
