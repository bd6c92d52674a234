"""Forms of approvals."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import partial
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from approvals.requests.models import REASON_MAX_LENGTH, Mails
from approvals.requests.selectors import Filters
from myaccount.operations.kinds import OperationKind
from myaccount.web.forms import PortalForm, validate_visible

SEARCH_MAX_LENGTH: Final = 100
_DAY: Final = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class FilterForm(PortalForm):
    """What narrows a list of tasks down. Its names are short, as they stand in addresses."""

    q = forms.CharField(
        label=gettext_lazy("Name, e-mail or Task Id"),
        max_length=SEARCH_MAX_LENGTH,
        required=False,
        validators=[validate_visible],
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    operation = forms.ChoiceField(
        label=gettext_lazy("Operation"),
        choices=[("", pgettext_lazy("operations", "All")), *OperationKind.choices],
        required=False,
    )
    since = forms.DateField(label=gettext_lazy("From"), required=False, widget=_DAY)
    until = forms.DateField(label=gettext_lazy("To"), required=False, widget=_DAY)

    def clean(self) -> dict[str, Any]:
        """The last day is not before the first."""
        values = super().clean() or self.cleaned_data
        if values.get("since") and values.get("until") and values["until"] < values["since"]:
            self.add_error("until", ValidationError(_("This is before the first day.")))
        return values

    @property
    def filters(self) -> Filters:
        """What was asked for; what is wrong of it does not narrow the list, the rest does."""
        self.full_clean()
        values = self.cleaned_data
        return Filters(
            search=values.get("q", ""),
            kind=values.get("operation", ""),
            since=_begin_of(values.get("since")),
            until=_begin_of(values.get("until"), timedelta(days=1)),
        )


def _begin_of(day: Any, later: timedelta = timedelta(0)) -> datetime | None:
    """Midnight in the time zone in use; nothing for the day after the last there is."""
    try:
        return timezone.make_aware(datetime.combine(day + later, time.min)) if day else None
    except OverflowError:
        return None


class RejectForm(PortalForm):
    """Why a request is refused; its requester reads it."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("Who asked for it reads this."),
        max_length=REASON_MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        validators=[partial(validate_visible, multiline=True)],
        error_messages={"required": gettext_lazy("Say why, so that they know what to do.")},
    )


class MailsForm(PortalForm):
    """When an approver is mailed."""

    mails = forms.ChoiceField(label=gettext_lazy("Mail me"), choices=Mails.choices)
