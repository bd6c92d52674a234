"""Answering one's security questions, one after the other or together."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from myaccount.limits.services import TooManyAttempts
from myaccount.web.requests import origin
from security.recovery import answering, flows, services
from security.recovery.models import Recovery
from security.recovery.questions.forms import AnswerForm
from security.recovery.questions.selectors import language_of
from security.recovery.selectors import recovery_settings
from security.recovery.steps import Step, Way

_REFUSED = 422


@require_http_methods(["GET", "POST"])
@flows.at_step(Step.QUESTIONS)
def answer(request: HttpRequest, recovery: Recovery) -> HttpResponse:
    """Shows the questions that are due and takes their answers. Unknown people see questions, too (security 51)."""
    settings, now = recovery_settings(), timezone.now()
    asked = answering.questions_of(recovery, settings)
    due = asked if settings.ask_together else asked[len(recovery.answered) :][:1]
    form = AnswerForm(
        request.POST or None,
        questions=due,
        language=language_of(recovery.user if Way.EMAIL.value in recovery.shown else None),
    )
    if form.is_valid():
        try:
            answering.take_answers(
                recovery=recovery, answers=form.answers(), asked=asked, origin=origin(request), now=now
            )
            flows.keep(request, recovery)
            return flows.go_on(recovery, now=now)
        except services.WrongProof:
            form.add_error(None, _("At least one answer is not right. Try again, or choose another way."))
        except TooManyAttempts:
            form.add_error(None, _("There were too many wrong answers. This way is closed until tomorrow."))
    context = {
        "form": form,
        "is_together": settings.ask_together,
        "number": len(recovery.answered) + 1,
        "total": len(asked),
    }
    return render(request, "security/recovery/questions.html", context, status=_REFUSED if form.is_bound else 200)
