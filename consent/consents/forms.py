"""Forms of consent: the page at sign-in, what is asked for before it, and the detail page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils import timezone
from django.utils.translation import gettext as _

from consent.applications.selectors import initial_of, logo_url
from consent.consents.pages import KeptClaim, SystemConsent
from consent.consents.selectors import AskedClaim, Asking
from consent.purposes.models import Purpose
from myaccount.claims.models import ClaimType
from myaccount.web.forms import PortalForm
from profile.services import PROVEN
from profile.values import form_field, stored_value


@dataclass(frozen=True)
class PurposeGroup:
    """A purpose with its attributes, each with its switch."""

    purpose: Purpose
    rows: tuple[tuple[AskedClaim, BoundField], ...]


LATEST: Final = date(2200, 1, 1)


def claim_field(name: str) -> str:
    """What the forms call the switch of an attribute."""
    return f"claim_{name}"


def erase_field(name: str) -> str:
    """What the system consent's form calls the box that erases an attribute's value."""
    return f"erase_{name}"


def end_of_day(day: date) -> datetime:
    """The last moment of a day where the person is."""
    return timezone.make_aware(datetime.combine(day, time.max))


class ConsentBaseForm(PortalForm):
    """What the forms share: a switch an attribute, and how long the consent holds, to the end of a day or until it is
    revoked."""

    def __init__(self, data: Any = None, *, current: datetime | None = None) -> None:
        super().__init__(data)
        self._current = current
        self.asked: tuple[AskedClaim, ...] = ()
        self.fields["valid_until"] = forms.DateField(
            label=_("Valid until"),
            required=False,
            initial=timezone.localtime(current).date() if current else None,
            help_text=_("Empty: until you revoke it."),
            widget=forms.DateInput(
                format="%Y-%m-%d",
                attrs={"type": "date", "autocomplete": "off", "min": timezone.localdate().isoformat()},
            ),
            error_messages={"invalid": _("Enter a day, like 2030-12-31.")},
        )

    def add_switches(self, asked: Iterable[AskedClaim], *, is_on: Callable[[AskedClaim], bool]) -> None:
        """A switch for each attribute, in front of the other fields."""
        self.asked = tuple(asked)
        for one in self.asked:
            switch = forms.CheckboxInput(attrs={"class": "switch"})
            field = forms.BooleanField(label=str(one.claim.shown_label), initial=is_on(one), widget=switch)
            field.required = False
            self.fields[claim_field(one.name)] = field
        self.order_fields([claim_field(one.name) for one in self.asked])

    def groups(self) -> list[PurposeGroup]:
        """The attributes with their switches, those of one purpose together."""
        switches: dict[int, list[tuple[AskedClaim, BoundField]]] = {}
        for one in self.asked:
            switches.setdefault(one.purpose.pk, []).append((one, self[claim_field(one.name)]))
        return [PurposeGroup(rows[0][0].purpose, tuple(rows)) for rows in switches.values()]

    @property
    def has_mandatory(self) -> bool:
        """Whether one of them is starred."""
        return any(one.is_mandatory for one in self.asked)

    def clean_valid_until(self) -> date | None:
        """Refuse days that are over, and those no calendar of ours reaches."""
        day: date | None = self.cleaned_data["valid_until"]
        if day is not None and day < timezone.localdate():
            raise ValidationError(_("This day is over. Choose today or a later one."), code="over")
        if day is not None and day > LATEST:
            raise ValidationError(_("Choose an earlier day, or none at all."), code="late")
        return day

    @property
    def granted(self) -> frozenset[str]:
        """Names of the attributes that are on."""
        return frozenset(one.name for one in self.asked if self.cleaned_data.get(claim_field(one.name)))

    @property
    def valid_until(self) -> datetime | None:
        """The last moment of the day chosen; the moment it was until now when that day was left alone."""
        day: date | None = self.cleaned_data["valid_until"]
        if day is None:
            return None
        if self._current and timezone.localtime(self._current).date() == day:
            return self._current
        return end_of_day(day)


class ApplicationForm(ConsentBaseForm):
    """What the forms of a consent to an application share."""

    def __init__(self, asking: Asking, data: Any = None) -> None:
        consent = asking.consent
        is_in_force = consent is not None and consent.holds(now=timezone.now())
        super().__init__(data, current=consent.valid_until if consent and is_in_force else None)
        self.asking = asking

    def _words(self, one: AskedClaim) -> dict[str, Any]:
        return {"application": self.asking.application.name, "attribute": one.claim.shown_label}


class ConsentForm(ApplicationForm):
    """The consent page. Mandatory attributes are on to begin with, the others off until chosen."""

    def __init__(self, asking: Asking, data: Any = None) -> None:
        super().__init__(asking, data)
        self.add_switches(asking.listed, is_on=lambda one: one.is_mandatory or one.is_granted)

    def clean(self) -> dict[str, Any]:
        """A mandatory attribute that is off is an error at its switch."""
        values = super().clean() or self.cleaned_data
        for one in self.asked:
            if one.is_mandatory and not values.get(claim_field(one.name)):
                text = _("%(application)s cannot be used without “%(attribute)s”. Allow it, or deny everything.")
                self.add_error(claim_field(one.name), text % self._words(one))
        return values

    @property
    def logo_url(self) -> str:
        """Where the application's logo is, empty without one."""
        return logo_url(self.asking.application)

    @property
    def initial_of_application(self) -> str:
        """What stands in the place of a logo."""
        return initial_of(self.asking.application.name)

    @property
    def is_kept_from_now_on(self) -> bool:
        """Whether something listed is kept by the organisation only once it is granted here."""
        return any(not one.is_kept_without_consent for one in self.asked)


class DetailForm(ApplicationForm):
    """The detail page of a consent to an application: every attribute it asks for."""

    opened_version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, asking: Asking, data: Any = None) -> None:
        super().__init__(asking, data)
        self.fields["opened_version"].initial = asking.consent.version if asking.consent else 0
        self.add_switches(asking.claims, is_on=lambda one: one.is_agreed)

    @property
    def takes_all_away(self) -> bool:
        """Whether something was on and nothing is now: that is a revocation."""
        return any(one.is_agreed for one in self.asked) and not self.granted

    def clean(self) -> dict[str, Any]:
        """What the application cannot do without is not taken away alone."""
        values = super().clean() or self.cleaned_data
        for one in self.asked if self.granted else ():
            if one.is_mandatory and one.is_agreed and one.name not in self.granted:
                text = _(
                    "%(application)s cannot be used without “%(attribute)s”. Leave it on, or revoke the whole consent."
                )
                self.add_error(claim_field(one.name), text % self._words(one))
        return values


class SystemConsentForm(ConsentBaseForm):
    """The system consent: which attributes the organisation keeps, and which stored values go at once."""

    opened_version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, shown: SystemConsent, data: Any = None) -> None:
        consent = shown.consent
        super().__init__(data, current=consent.valid_until if consent and shown.is_in_force else None)
        self.shown = shown
        self.fields["valid_until"].help_text = _("Empty: without an end.")
        self.fields["opened_version"].initial = consent.version if consent else 0
        for kept in shown.claims:
            self._add(claim_field(kept.claim.name), str(kept.claim.shown_label), is_on=kept.is_kept, is_switch=True)
            if kept.can_erase:
                self._add(erase_field(kept.claim.name), _("Erase what is stored"), is_on=False, is_switch=False)

    def _add(self, name: str, label: str, *, is_on: bool, is_switch: bool) -> None:
        widget = forms.CheckboxInput(attrs={"class": "switch"} if is_switch else {})
        self.fields[name] = forms.BooleanField(label=label, initial=is_on, required=False, widget=widget)

    def rows(self) -> list[tuple[KeptClaim, BoundField, BoundField | None]]:
        """Each attribute with its switch, and the box that erases its value where there is one."""
        return [
            (
                kept,
                self[claim_field(kept.claim.name)],
                self[erase_field(kept.claim.name)] if kept.can_erase else None,
            )
            for kept in self.shown.claims
        ]

    def clean(self) -> dict[str, Any]:
        """What is to be kept is not erased."""
        values = super().clean() or self.cleaned_data
        for kept in self.shown.claims:
            name = kept.claim.name
            if values.get(erase_field(name)) and values.get(claim_field(name)):
                self.add_error(erase_field(name), _("Choose one: keep it, or erase it."))
        return values

    @property
    def granted(self) -> frozenset[str]:
        """Names of the attributes that are on."""
        return self._named(claim_field)

    @property
    def erased(self) -> frozenset[str]:
        """Names of the attributes whose value is to go."""
        return self._named(erase_field)

    def _named(self, field: Callable[[str], str]) -> frozenset[str]:
        names = [kept.claim.name for kept in self.shown.claims]
        return frozenset(name for name in names if self.cleaned_data.get(field(name)))

    @property
    def takes_all_away(self) -> bool:
        """Whether something was kept and nothing is now: that is a revocation."""
        return any(kept.is_kept for kept in self.shown.claims) and not self.granted


class MissingForm(PortalForm):
    """Values a mandatory attribute needs before anything can be shared. What needs proof is entered elsewhere."""

    def __init__(self, asking: Asking, data: Any = None, *, region: str = "") -> None:
        super().__init__(data)
        self.asking = asking
        self._region = region
        self.here = tuple(asked for asked in asking.missing if is_entered_here(asked))
        for asked in self.here:
            field = form_field(asked.claim)
            if asked.claim.type != ClaimType.BOOLEAN:
                field.required = True
            field.error_messages["required"] = _("%(label)s is required.") % {"label": asked.claim.shown_label}
            self.fields[f"value_{asked.name}"] = field

    def elsewhere(self) -> tuple[AskedClaim, ...]:
        """Those the person adds under Personal info, since they have to be proven."""
        return tuple(asked for asked in self.asking.missing if asked.name in PROVEN and not asked.claim.is_fixed)

    def by_others(self) -> tuple[AskedClaim, ...]:
        """Those only an administrator can fill in."""
        return tuple(asked for asked in self.asking.missing if asked.claim.is_fixed)

    @property
    def can_go_on(self) -> bool:
        """Whether the person can fill in all that is missing on this page."""
        return len(self.here) == len(self.asking.missing)

    def clean(self) -> dict[str, Any]:
        """Each value as it is stored."""
        values = super().clean() or self.cleaned_data
        for asked in self.here:
            name = f"value_{asked.name}"
            if name not in values:
                continue
            try:
                values[name] = stored_value(asked.claim, values[name], region=self._region)
            except ValidationError as error:
                self.add_error(name, error)
        return values

    def values(self) -> Iterable[tuple[AskedClaim, str]]:
        """What was entered, as it is stored."""
        return [(asked, self.cleaned_data[f"value_{asked.name}"]) for asked in self.here]


def is_entered_here(asked: AskedClaim) -> bool:
    """Whether the person can simply type it."""
    return asked.name not in PROVEN and not asked.claim.is_fixed
